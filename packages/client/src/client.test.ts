import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { create, created, init, path, providerOf, userId } from '../test/provider.ts';
import {
  accessToken,
  appSignature,
  BackupApiError,
  type BackupClientOptions,
  createBackupClient,
  errorCodes,
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
  it('is not made without a way to authenticate', () => {
    // As a program without types would.
    const options = { baseUrl: 'https://koodrive.example.com', userId } as BackupClientOptions;
    expect(() => createBackupClient(options)).toThrow('auth must be accessToken(…) or appSignature(…)');
  });
});

describe('a call', () => {
  it('refuses a signal that is none, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const client = createBackupClient({ baseUrl: 'http://127.0.0.1:1', auth: accessToken('t'), userId });
    // A forgotten `.signal`, as a program without types would have it.
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
