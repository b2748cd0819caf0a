import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOf } from '../test/calls.ts';
import { create, created, init, path, providerOf, userId } from '../test/provider.ts';
import {
  accessToken,
  appSignature,
  BackupApiError,
  type BackupClientOptions,
  BackupRequestError,
  createBackupClient,
  errorCodes,
  type Fetch,
  unwrap,
} from './index.ts';

afterEach(() => void vi.useRealTimers());

describe('a client and the mock', () => {
  let mock: Awaited<ReturnType<typeof startMock>>;
  beforeAll(async () => {
    mock = await startMock({ port: 0 });
  });
  afterAll(() => mock.close());

  it.each([
    ['an access token', accessToken('60f4ccc7b1')],
    ['an app signature', appSignature({ appId: 'app', appSecret: 'secret' })],
  ])('creates the page’s record with %s', async (_credential, auth) => {
    const client = createBackupClient({ baseUrl: mock.url, auth, userId });
    expect(await unwrap(client.POST(path, init))).toEqual(created.data);
  });

  it('throws what the mock refuses', async () => {
    const client = createBackupClient({ baseUrl: mock.url, auth: accessToken('t'), userId });
    const call = unwrap(client.POST(path, { ...init, body: { ...init.body, properties: 'no JSON' } }));
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BackupApiError);
    expect(error).toMatchObject({ status: 400, code: errorCodes.parameterCheckFailed });
    expect((error as BackupApiError).msg).toContain('body.properties');
  });
});

describe('a client', () => {
  it('is not created without a way to authenticate', () => {
    // A program without types can leave `auth` out.
    const options = { baseUrl: 'https://koodrive.example.com', userId } as BackupClientOptions;
    expect(() => createBackupClient(options)).toThrow('auth must be accessToken(…) or appSignature(…)');
  });
});

describe('an invalid option', () => {
  const baseUrl = 'https://koodrive.example.com';
  const auth = accessToken('t');
  it.each<[string, object, string]>([
    ['no auth', { auth: undefined }, 'auth must be accessToken(…) or appSignature(…)'],
    ['an auth that is none', { auth: {} }, 'auth must be accessToken(…) or appSignature(…)'],
    ['no user', { userId: undefined }, 'userId must be a non-empty string of visible ASCII without spaces'],
    ['an empty user', { userId: '' }, 'userId must be a non-empty string of visible ASCII without spaces'],
    ['a user that is a number', { userId: 7 }, 'userId must be a non-empty string of visible ASCII without spaces'],
    ['a fetch that is no function', { fetch: {} }, 'fetch must be a function'],
    ['an observer that is no function', { onAttempt: 'log' }, 'onAttempt must be a function'],
    ['no address', { baseUrl: undefined }, 'baseUrl must be an http(s) URL without credential, query, fragment'],
    ['a port that is none', { baseUrl: 'https://a:port' }, 'baseUrl is not a URL: check its host and its port'],
    ['headers in a string', { headers: 'a: b' }, 'headers must be an object, as { "X-traceid": "1" }'],
    ['a timeout of 0', { timeoutMs: 0 }, 'timeoutMs must be a number above 0 and below 2^31'],
    ['a deadline of 0', { deadlineMs: 0 }, 'deadlineMs must be a number above 0 and below 2^31'],
    ['a timeout that no timer can hold', { timeoutMs: 2 ** 31 }, 'timeoutMs must be a number above 0 and below 2^31'],
    ['a timeout that is a string', { timeoutMs: '60000' }, 'timeoutMs must be a number above 0 and below 2^31'],
    ['a deadline that is a string', { deadlineMs: '60000' }, 'deadlineMs must be a number above 0 and below 2^31'],
    ['a deadline that is a BigInt', { deadlineMs: 60_000n }, 'deadlineMs must be a number above 0 and below 2^31'],
    ['a timeout that is a boolean', { timeoutMs: true }, 'timeoutMs must be a number above 0 and below 2^31'],
    ['a negative limit', { retry: { limit: -1 } }, 'retry.limit must be a number, 0 or more'],
    ['a limit that is a string', { retry: { limit: '2' } }, 'retry.limit must be a number, 0 or more'],
    ['a retry that is a boolean', { retry: false }, 'retry must be an object, as { limit: 2 }'],
    ['an ambiguous that is a string', { retry: { ambiguous: 'no' } }, 'retry.ambiguous must be true or false'],
  ])('is refused when the client is created: %s', (_what, options, message) => {
    const create = () => createBackupClient({ baseUrl, auth, userId, ...options } as BackupClientOptions);
    expect(create).toThrow(new TypeError(message));
  });

  it.each([undefined, null])('is refused when there are none: %s', (options) => {
    const create = () => createBackupClient(options as unknown as BackupClientOptions);
    expect(create).toThrow(new TypeError('createBackupClient needs options: { baseUrl, auth, userId }'));
  });

  it('is not one that is undefined, or exactly at a limit', () => {
    const fetch = undefined;
    const options = { fetch, onAttempt: undefined, headers: undefined, retry: undefined, timeoutMs: undefined };
    expect(() => createBackupClient({ baseUrl, auth, userId, ...options, deadlineMs: undefined })).not.toThrow();
    expect(() =>
      createBackupClient({ baseUrl, auth, userId, timeoutMs: 2 ** 31 - 1, deadlineMs: 0.1, retry: { limit: 0 } }),
    ).not.toThrow();
  });
});

describe('an address', () => {
  const record = '/koodrive/ose/v1/backup/record/{recordId}';
  const header = { 'x-backup-lock-id': 'a-lock@101' };
  const fetch = vi.fn<Fetch>(async () => new Response(JSON.stringify(created)));
  const client = createBackupClient({
    baseUrl: 'https://koodrive.example.com/gateway',
    auth: accessToken('t'),
    userId,
    fetch,
  });
  beforeEach(() => void fetch.mockClear());

  it.each<unknown>(['', '.', '..', '/', 'a/b', '../record', ' ', 'a b', 'é', '\ud800', undefined, null, 7, {}])(
    'is never built from an id such as %j',
    async (recordId) => {
      const params = { path: { recordId: recordId as string }, header };
      for (const call of [
        client.GET(record, { params: { path: params.path } }),
        client.DELETE(record, { params }),
        client.PATCH(record, { params, body: {} }),
        client.DELETE('/koodrive/ose/v1/backup/device/{deviceId}', {
          params: { path: { deviceId: recordId as string } },
        }),
      ]) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(BackupRequestError);
        expect(error.message).toMatch(
          /^\w+: (recordId|deviceId) must be a string that matches the contract's pattern \S+$/,
        );
        expect(error.attempts).toBe(0);
      }
      expect(fetch).not.toHaveBeenCalled();
    },
  );

  it.each([undefined, null, {}, { path: undefined }, { path: {} }])(
    'is never built without an id: %j',
    async (params) => {
      const call = client.GET(record, { params } as never);
      await expect(call).rejects.toThrow(
        "getBackupRecord: recordId must be a string that matches the contract's pattern",
      );
      expect(fetch).not.toHaveBeenCalled();
    },
  );

  it.each(['1842812272691451648', 'a', '...', '.a', '..a', '~', '%2e', 'a%2fb', 'a:b@c', 'a?b', 'a#b'])(
    'contains an id such as %s, encoded once',
    async (recordId) => {
      await client.GET(record, { params: { path: { recordId } } });
      const url = new URL(fetch.mock.calls[0]?.[0] ?? '');
      const prefix = '/gateway/koodrive/ose/v1/backup/record/';
      expect([url.origin, url.search, url.hash]).toEqual(['https://koodrive.example.com', '', '']);
      expect(url.pathname.startsWith(prefix)).toBe(true);
      expect(decodeURIComponent(url.pathname.slice(prefix.length))).toBe(recordId);
    },
  );

  it.each<unknown>([
    '@evil.example/x',
    '//evil.example/x',
    'https://evil.example/x',
    '',
    '/',
    '/koodrive/ose/v1/backup',
    '/koodrive/ose/v1/backup/record/',
    '/koodrive/ose/v1/backup/record/..',
    '/koodrive/ose/v1/backup/record/1',
    '/koodrive/ose/v1/backup/record?a=1',
    'constructor',
    '__proto__',
    undefined,
    null,
    7,
    {},
    Symbol('path'),
  ])('is never built from a path such as %s', async (wrong) => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE'] as const) {
      const call = client[method] as (path: unknown, init: unknown) => Promise<unknown>;
      const error = await errorOf(call(wrong, init));
      expect(error).toBeInstanceOf(BackupRequestError);
      expect(error.message).toMatch(new RegExp(`^the contract has no ${method}`));
      expect(error).toMatchObject({ operation: '', method, attempts: 0 });
    }
    expect(fetch).not.toHaveBeenCalled();
  });

  it('that is wrong is shown by its first 100 characters', async () => {
    const error = await errorOf(client.GET('x'.repeat(101) as never, {} as never));
    expect(error.message).toBe(`the contract has no GET ${'x'.repeat(100)}`);
  });

  it.each(['', ' ', 'a b', 'é', 'a\nb', 7, {}])('gets no request with a lock such as %j', async (lock) => {
    const params = { header: { 'x-backup-lock-id': lock as string } };
    const error = await errorOf(client.POST(path, { ...init, params }));
    expect(error.message).toBe(
      "createBackupRecord: x-backup-lock-id must be a string that matches the contract's pattern ^[!-~]+$",
    );
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([undefined, null])(
    'gets a request without a header that is %s, so that the provider names it',
    async (lock) => {
      const params = { header: { 'x-backup-lock-id': lock as unknown as string, 'X-traceid': undefined as never } };
      await client.POST(path, { ...init, params });
      expect(fetch.mock.calls[0]?.[1].headers).not.toHaveProperty('x-backup-lock-id');
    },
  );

  it('gets a request with headers that are not in the contract', async () => {
    const params = { header: { ...init.params.header, 'x-other': 'any thing' } };
    await client.POST(path, { ...init, params });
    expect(fetch.mock.calls[0]?.[1].headers).toHaveProperty('x-other', 'any thing');
  });

  it('cannot be changed by other options of openapi-fetch', async () => {
    const others = { baseUrl: 'https://evil.example', fetch: () => expect.fail(), parseAs: 'text', Request: class {} };
    await client.POST(path, { ...init, ...others } as never);
    expect(fetch.mock.calls[0]?.[0]).toBe(`https://koodrive.example.com/gateway${path}`);
  });
});

describe('a call that cannot be sent', () => {
  const client = createBackupClient({ baseUrl: 'http://127.0.0.1:1', auth: accessToken('t'), userId });
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each<[string, unknown]>([
    ['a body that is a cycle', { ...init, body: cycle }],
    ['a body with a bigint', { ...init, body: { a: 1n } }],
    ['a lone surrogate in the query', { ...init, params: { ...init.params, query: { cursor: '\ud800' } } }],
    ['a timeout that is a string', { ...init, timeoutMs: '60000' }],
    ['a deadline that is a string', { ...init, deadlineMs: '60000' }],
    ['a deadline that is a BigInt', { ...init, deadlineMs: 60_000n }],
    ['a deadline that is a symbol', { ...init, deadlineMs: Symbol('60000') }],
    ['a retry that is a number', { ...init, retry: 3 }],
    ['a header of the wrong name with a line break', { ...init, params: { header: { 'x-lock': 'a\nb' } } }],
    ['params that throw', Object.defineProperty({}, 'params', { get: () => expect.fail('a getter') })],
  ])('throws an error of this package, and sends nothing: %s', async (_what, wrong) => {
    for (const use of [false, true]) {
      if (use) client.use({ onRequest: () => undefined });
      const error = await errorOf(client.POST(path, wrong as typeof init));
      expect(error).toBeInstanceOf(BackupRequestError);
      expect(error).toMatchObject({ operation: 'createBackupRecord', attempts: 0, cause: expect.any(Error) });
    }
  });

  it('is a GET with a body, which no runtime sends', async () => {
    const error = await errorOf(client.GET('/koodrive/ose/v1/backup/device', { body: {} } as never));
    expect(error).toMatchObject({ message: 'listBoundDevice: a GET has no body', attempts: 0 });
  });

  it('throws if it has no init', async () => {
    for (const nothing of [undefined, null]) {
      const error = await errorOf(client.GET('/koodrive/ose/v1/backup/record/{recordId}', nothing as never));
      expect(error.message).toContain(
        "getBackupRecord: recordId must be a string that matches the contract's pattern ",
      );
    }
  });
});

describe('a call', () => {
  it('refuses a signal that is not an AbortSignal, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const client = createBackupClient({ baseUrl: 'http://127.0.0.1:1', auth: accessToken('t'), userId });
    // A program without types can pass the controller and forget `.signal`.
    const signal = new AbortController() as unknown as AbortSignal;
    const call = client.POST(path, { ...init, signal });
    await expect(call).rejects.toThrow('createBackupRecord: signal must be an AbortSignal');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what a client sends', () => {
  it('is the user, the time and the credential with every request', async () => {
    const { url, seen } = await providerOf(create);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 31, 12) });
    await createBackupClient({ baseUrl: url, auth: accessToken('t'), userId }).POST(path, init);
    expect(seen[0]).toMatchObject({
      url: path,
      headers: {
        authorization: 'Bearer+t',
        'x-user-id': userId,
        // A minute behind, so that it is never ahead of the server's clock.
        'x-date': '20260131T115900Z',
        ...init.params.header,
      },
    });
    expect(seen[0]?.headers['x-date']).toMatch(new RegExp(contract.components.parameters.Date.schema.pattern));
  });

  it('is the body byte for byte, as it was signed', async () => {
    const { url, seen } = await providerOf(create);
    const auth = appSignature({ appId: 'app', appSecret: 's' });
    const body = { ...init.body, deviceId: 'Gerät 一' };
    await createBackupClient({ baseUrl: url, auth, userId }).POST(path, { ...init, body });
    expect(`${seen[0]?.body}`).toBe(JSON.stringify(body));
    expect(seen[0]?.headers.authorization).toMatch(
      /^HMAC-SHA256 AppId=app,SignedHeaders=host;x-date;x-user-id,Signature=[0-9a-f]{64}$/,
    );
  });

  it('keeps two clients apart', async () => {
    const { url, seen } = await providerOf(create);
    const clients = ['one', 'two'].map((name) =>
      createBackupClient({ baseUrl: url, auth: accessToken(name), userId: name }),
    );
    await Promise.all(Array.from({ length: 20 }, (_, index) => clients[index % 2]?.POST(path, init)));
    expect(seen).toHaveLength(20);
    for (const { headers } of seen) expect(headers.authorization).toBe(`Bearer+${headers['x-user-id']}`);
  });
});
