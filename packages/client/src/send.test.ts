import { getEventListeners } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import fc from 'fast-check';
import type { HeadersOptions, Middleware } from 'openapi-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOf, clientOf as plainClientOf, shownOf, token } from '../test/calls.ts';
import { create, created, init, path, providerOf, userId } from '../test/provider.ts';
import {
  type Attempt,
  accessToken,
  appSignature,
  BackupAuthError,
  type BackupClient,
  type BackupClientOptions,
  BackupNetworkError,
  BackupParseError,
  BackupRequestError,
  BackupTimeoutError,
  errorCodes,
  type Fetch,
  type GetToken,
  isBackupError,
  type RetryOptions,
  unwrap,
} from './index.ts';
import { clientVersion } from './version.gen.ts';

let used: Middleware[] = [];
let waits: number[] | undefined;

function clientOf(baseUrl: string, options: Partial<BackupClientOptions> = {}): BackupClient {
  const onAttempt = (attempt: Attempt): unknown => {
    const { delayMs } = attempt;
    if (waits && delayMs !== undefined) {
      waits.push(delayMs);
      // The client is already waiting, and does nothing else.
      setImmediate(() => vi.advanceTimersByTime(delayMs));
    }
    return options.onAttempt?.(attempt);
  };
  const client = plainClientOf(baseUrl, { ...options, onAttempt });
  if (used.length > 0) client.use(...used);
  return client;
}

/** Ends waits between attempts at once. Returns how many milliseconds each would have taken. */
function passWaits(): number[] {
  fakeTimers();
  waits = [];
  return waits;
}

/** Calls a provider that answers with the handler. */
async function callWith(handler: Handler, options?: Partial<BackupClientOptions>) {
  const provider = await providerOf(handler);
  const call = unwrap(clientOf(provider.url, options).POST(path, init));
  return { ...provider, call };
}

/** Replaces the timers that an attempt starts: they fire when the test lets time pass. */
const fakeTimers = (): void => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  waits = undefined;
});

/** Without and with a middleware. A client must behave the same, although it uses other code with one. */
const ways: [string, Middleware[]][] = [
  ['a client', []],
  ['a client with a middleware that changes nothing', [{ onRequest: () => undefined, onResponse: () => undefined }]],
];

describe.each(ways)('%s:', (_way, middleware) => {
  beforeEach(() => {
    used = middleware;
  });

  describe('an answer', () => {
    it('is read in one piece', async () => {
      const { call } = await callWith(create);
      expect(await call).toEqual(created.data);
    });

    it.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ])('is read compressed with %s', async (encoding, compress) => {
      const { call } = await callWith((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
        response.end(compress(JSON.stringify(created)));
      });
      expect(await call).toEqual(created.data);
    });

    it('is read one byte at a time', async () => {
      const { call } = await callWith((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const byte of Buffer.from(JSON.stringify(created))) response.write(Buffer.of(byte));
        response.end();
      });
      expect(await call).toEqual(created.data);
    });

    it('has exact integers even if a double would round them', async () => {
      const body = JSON.stringify(created).replace(/"recordId":"(\d{17,})"/, '"recordId":$1');
      expect(body).not.toBe(JSON.stringify(created));
      const { call } = await callWith((response) => response.end(body));
      expect(await call).toEqual(created.data);
    });

    it('is an error and never data under status 200 with another code', async () => {
      const { url } = await providerOf((response) => answer(response, 200, { code: 13000309, msg: 'no device' }));
      const { data, error, response } = await clientOf(url).POST(path, init);
      expect(data).toBeUndefined();
      expect(error).toEqual({ code: 13000309, msg: 'no device' });
      expect(response.status).toBe(200);
    });

    it('that is a refusal has operation, status, code and msg in one line', async () => {
      const { call } = await callWith((response) => answer(response, 400, { code: 13000102, msg: 'a\nb' }));
      const error = await errorOf(call);
      expect(error.message).toBe('createBackupRecord: refused: HTTP status 400, code 13000102, a b');
      expect(error).toMatchObject({
        name: 'BackupApiError',
        operation: 'createBackupRecord',
        status: 400,
        code: 13000102,
      });
      expect((error.headers as unknown as Headers).get('content-type')).toBe('application/json');
    });

    it.each<[string, number, string]>([
      ['an empty 200', 200, ''],
      ['HTML on a 200', 200, '<html>signed in</html>'],
      ['HTML on a 502', 502, '<html>bad gateway</html>'],
      ['broken JSON', 200, '{"code":0,'],
      ['broken JSON on a 400', 400, '{"code":13000102,'],
      ['a list on a 400', 400, '[1]'],
      ['an envelope without msg', 200, '{"code":0}'],
      ['a success whose code is a string', 200, '{"code":"0","msg":"success","data":{}}'],
      ['a gateway error on a 200', 200, '{"error_code":"APIGW.0101","error_msg":"no"}'],
      ['a success without its data', 200, '{"code":0,"msg":"success"}'],
      ['a success whose data is null', 200, '{"code":0,"msg":"success","data":null}'],
      ['null', 200, 'null'],
    ])('that is %s is a parse error', async (_what, status, body) => {
      const { call } = await callWith((response) => answer(response, status, body));
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(BackupParseError);
      expect(error).toMatchObject({ operation: 'createBackupRecord', status, contentType: 'text/html', body });
    });

    it('that does not follow the contract is shown by 200 characters', async () => {
      const { call } = await callWith((response) => answer(response, 502, 'x'.repeat(10_000)));
      expect((await errorOf(call)).body).toHaveLength(200);
    });

    it.each([301, 302, 303, 307, 308])('that redirects with %s is refused, and not followed', async (status) => {
      for (const body of ['', JSON.stringify(created)]) {
        const { call, seen } = await callWith((response) => answer(response, status, body, { location: '/elsewhere' }));
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(BackupParseError);
        expect(error.message).toContain('redirect');
        expect(seen).toHaveLength(1);
      }
    });
  });

  describe('a credential', () => {
    it.each([
      ['token', accessToken(token), (sent: string) => sent.replace('Bearer+', '')],
      ['signature', appSignature({ appId: 'app', appSecret: 'hush' }), (sent: string) => sent.replace(/.*=/, '')],
    ])('never appears in an error that repeats it: a %s', async (_what, auth, secretOf) => {
      for (const status of [200, 400, 401, 502]) {
        let secret = '';
        const handler: Handler = (response, _count, { headers }) => {
          secret = secretOf(`${headers.authorization}`);
          const body = { code: 401, msg: `bad: ${headers.authorization}` };
          answer(response, status, status === 502 ? `<p>${headers.authorization}` : body);
        };
        const { call } = await callWith(handler, { auth });
        const error = await errorOf(call);
        expect(secret.length).toBeGreaterThan(8);
        expect(JSON.stringify({ ...error }) + error.message + error.stack).not.toContain(secret);
      }
    });

    it('so short that it could be a part of any word is not removed from texts', async () => {
      const msgTo = async (shown: string): Promise<unknown> => {
        const handler: Handler = (response) => answer(response, 400, { code: 13000102, msg: `a ${shown} word` });
        return (await errorOf((await callWith(handler, { auth: accessToken(shown) })).call)).msg;
      };
      expect(await msgTo('1234567')).toBe('a 1234567 word');
      expect(await msgTo('12345678')).toBe('a *** word');
    });

    it('is fetched once for simultaneous calls, and kept', async () => {
      const { url } = await providerOf(create);
      const fetchToken = vi.fn(async () => token);
      const client = clientOf(url, { auth: accessToken(fetchToken) });
      await Promise.all(Array.from({ length: 10 }, () => client.POST(path, init)));
      await client.POST(path, init);
      expect(fetchToken).toHaveBeenCalledTimes(1);
    });

    it.each([
      [401, { code: 401, msg: 'expired' }],
      [401, ''],
      [400, { code: 4711, msg: 'not a documented code' }],
    ])('is renewed once after a %s with %j, and the request is sent again', async (status, refusal) => {
      let count = 0;
      const auth = accessToken(() => `token-number-${++count}`);
      const handler: Handler = (response, requests) =>
        requests === 1 ? answer(response, status, refusal) : create(response, 0, undefined as never);
      const { call, seen } = await callWith(handler, { auth });
      expect(await call).toEqual(created.data);
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer+token-number-1',
        'Bearer+token-number-2',
      ]);
      expect(seen[0]?.body).toEqual(seen[1]?.body);
    });

    it('is renewed only once in a call', async () => {
      const fetchToken = vi.fn(() => token);
      const { call, seen } = await callWith((response) => answer(response, 401, { code: 401, msg: 'no' }), {
        auth: accessToken(fetchToken),
      });
      expect(await errorOf(call)).toMatchObject({ status: 401 });
      expect(seen).toHaveLength(2);
      expect(fetchToken).toHaveBeenCalledTimes(2);
    });

    it('is not renewed after a documented refusal', async () => {
      const body = { code: errorCodes.parameterCheckFailed, msg: 'no' };
      const { call, seen } = await callWith((response) => answer(response, 400, body), {
        auth: accessToken(() => token),
      });
      await errorOf(call);
      expect(seen).toHaveLength(1);
    });

    it('that is a fixed token is not sent again', async () => {
      const { call, seen } = await callWith((response) => answer(response, 401, { code: 401, msg: 'no' }));
      await errorOf(call);
      expect(seen).toHaveLength(1);
    });

    it('is requested again by the next call after its function failed', async () => {
      const { url } = await providerOf(create);
      const fetchToken = vi.fn().mockRejectedValueOnce(new Error('login is down')).mockResolvedValue(token);
      const client = clientOf(url, { auth: accessToken(fetchToken) });
      await expect(client.POST(path, init)).rejects.toThrow('login is down');
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
    });

    it.each(['a\r\nX-Evil: 1', '', ' ', 'a b', 'ключ', 'a\0b'])(
      'or a user id that is %j is refused, and not shown',
      async (value) => {
        expect(() => accessToken(value)).toThrow(TypeError);
        const { url, seen } = await providerOf(create);
        const error = await errorOf(clientOf(url, { userId: () => value }).POST(path, init));
        expect(error).toBeInstanceOf(BackupAuthError);
        expect(() => clientOf(url, { userId: value })).toThrow(TypeError);
        if (value.trim()) expect(error.message).not.toContain(value);
        expect(seen).toHaveLength(0);
      },
    );

    it.each([undefined, null, 42, {}, Promise.resolve('7')])(
      'or a user id that is not a string is never sent: %s',
      async (value) => {
        const { url, seen } = await providerOf(create);
        const auth = accessToken(async () => value as string);
        if (!(value instanceof Promise))
          expect(await errorOf(clientOf(url, { auth }).POST(path, init))).toBeInstanceOf(BackupAuthError);
        const user = clientOf(url, { userId: () => value as string });
        expect(await errorOf(user.POST(path, init))).toBeInstanceOf(BackupAuthError);
        expect(seen).toHaveLength(0);
      },
    );

    it('that never arrives is a timeout, and an abort ends the wait for it', async () => {
      const { url, seen } = await providerOf(create);
      const client = clientOf(url, { auth: accessToken(() => new Promise(() => {})) });
      fakeTimers();
      const late = errorOf(client.POST(path, { ...init, timeoutMs: 20 }));
      await vi.advanceTimersByTimeAsync(20);
      expect(await late).toBeInstanceOf(BackupTimeoutError);
      const signal = AbortSignal.abort(new Error('enough'));
      expect((await errorOf(client.POST(path, { ...init, signal }))).message).toBe('enough');
      expect(seen).toHaveLength(0);
    });

    it('of one client never meets that of another, 1,000 times', async () => {
      const seen: Headers[] = [];
      const fetch: Fetch = async (_url, { headers }) => {
        seen.push(new Headers(headers));
        // Other calls continue in the meantime.
        await new Promise(setImmediate);
        return new Response(JSON.stringify(created));
      };
      const clients = ['one', 'two'].map((name) =>
        clientOf('https://koodrive.example.com', { auth: accessToken(async () => name), userId: () => name, fetch }),
      );
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => clients[index % 2]?.POST(path, init)));
      }
      expect(seen).toHaveLength(1000);
      for (const headers of seen) expect(headers.get('authorization')).toBe(`Bearer+${headers.get('x-user-id')}`);
      expect(new Set(seen.map((headers) => headers.get('x-user-id')))).toEqual(new Set(['one', 'two']));
    });
  });

  describe('the clock', () => {
    const timeOf = (xDate: unknown): number =>
      Date.parse(`${xDate}`.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
    const serverNow = Date.UTC(2026, 0, 31, 12, 0, 0);
    /** Refuses an X-Date that is ahead of its clock, or older than 15 minutes. */
    const strict: Handler = (response, _count, { headers }) => {
      const age = serverNow - timeOf(headers['x-date']);
      const date = { date: new Date(serverNow).toUTCString() };
      if (age < 0 || age > 15 * 60_000) answer(response, 401, { code: 401, msg: 'time' }, date);
      else answer(response, 200, created, date);
    };
    const setLocalClock = (skew: number): void => void vi.useFakeTimers({ toFake: ['Date'], now: serverNow + skew });
    const hour = 3_600_000;

    it.each([
      ['right', 0, 1],
      ['half a minute ahead', 30_000, 1],
      ['ten minutes behind', -10 * 60_000, 1],
      ['two minutes ahead', 120_000, 2],
      ['hours ahead', 5 * hour, 2],
      ['hours behind', -5 * hour, 2],
    ])('that is %s works at the first or second attempt', async (_what, skew, attempts) => {
      setLocalClock(skew);
      const { url, seen } = await providerOf(strict);
      const client = clientOf(url);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(seen).toHaveLength(attempts);
      await unwrap(client.POST(path, init));
      expect(seen, 'and knows better afterwards').toHaveLength(attempts + 1);
      expect(timeOf(seen.at(-1)?.headers['x-date'])).toBe(serverNow - 60_000);
    });

    it('is corrected only once in a call', async () => {
      setLocalClock(5 * hour);
      let now = serverNow;
      const { call, seen } = await callWith((response) => {
        now -= 24 * hour;
        answer(response, 401, { code: 401, msg: 'never' }, { date: new Date(now).toUTCString() });
      });
      await errorOf(call);
      expect(seen).toHaveLength(2);
    });

    it('is not corrected after a refusal for another reason', async () => {
      setLocalClock(0);
      const { call, seen } = await callWith((response) =>
        answer(response, 400, { code: 13000102, msg: 'no' }, { date: new Date(serverNow).toUTCString() }),
      );
      await errorOf(call);
      expect(seen).toHaveLength(1);
    });
  });

  describe('a refusal with a Date that is far away', () => {
    const away = [-10, 20, 60 * 24].map((minutes) => minutes * 60_000);
    const dateOf = (aheadMs: number): object => ({ date: new Date(Date.now() + aheadMs).toUTCString() });
    const allCodes = Object.values(errorCodes);

    it.each<[string, number, unknown]>([
      ['HTML on a 502', 502, '<p>bad gateway'],
      ['nothing on a 504', 504, ''],
      ['an envelope on a 504', 504, { code: 504, msg: 'no' }],
      ['an envelope on a 500', 500, { code: 401, msg: 'no' }],
      ['an envelope on a 409', 409, { code: 409, msg: 'no' }],
      ['an envelope on a 403', 403, { code: 403, msg: 'no' }],
      ['a gateway on a 403', 403, { error_code: 'APIGW.0303', error_msg: 'no' }],
      ['a gateway on a 400', 400, { error_code: 'APIGW.0303', error_msg: 'no' }],
      ['HTML on a 400', 400, '<p>bad request'],
      ['nothing on a 400', 400, ''],
      ['HTML on a 401', 401, '<p>sign in'],
      ['nothing on a 401', 401, ''],
      ['JSON of another form on a 401', 401, { message: 'no' }],
      ['a 200 whose JSON breaks off', 200, '{"code":0,"msg":"success","data":{"recordId":"1'],
      ['a refusal on a 200', 200, { code: 401, msg: 'no' }],
      ['a 200 without data', 200, { code: 0, msg: 'success' }],
    ])('does not make the client send a request twice: %s', async (_what, status, body) => {
      for (const aheadMs of away) {
        for (const retry of [{}, { limit: 0 }]) {
          const { call, seen } = await callWith((response) => answer(response, status, body, dateOf(aheadMs)), {
            retry,
          });
          expect(isBackupError(await errorOf(call))).toBe(true);
          expect(seen).toHaveLength(1);
        }
      }
    });

    it('does not make the client send a request twice: a 200 that breaks off', async () => {
      const { call, seen } = await callWith((response) => {
        response.writeHead(200, { ...dateOf(600_000), 'content-length': '1000' });
        response.write('{"code":0', () => response.destroy());
      });
      expect(await errorOf(call)).toBeInstanceOf(BackupNetworkError);
      expect(seen).toHaveLength(1);
    });

    it('with a published code causes neither a second request nor another login', async () => {
      let code: number | string = 0;
      const { url, seen } = await providerOf((response) =>
        answer(response, 400, { code, msg: 'no' }, dateOf(20 * 60_000)),
      );
      const logIn = vi.fn(() => token);
      const client = clientOf(url, { auth: accessToken(logIn) });
      for (code of [...allCodes, ...allCodes.map(String)]) {
        expect(await errorOf(unwrap(client.POST(path, init)))).toMatchObject({ status: 400, code: Number(code) });
      }
      expect(seen).toHaveLength(allCodes.length * 2);
      expect(logIn).toHaveBeenCalledTimes(1);
    });

    it.each([
      [401, { code: 401, msg: 'no' }],
      [401, { error_code: 'APIGW.0303', error_msg: 'no' }],
      [400, { code: 4711, msg: 'no' }],
      [400, { code: '4711', msg: 'no' }],
      // The codes just outside each end of the published ranges.
      ...[13000100, 13000103, 13000200, 13000202, 13000300, 13000313, 13000400, 13000415].map(
        (code): [number, object] => [400, { code, msg: 'no' }],
      ),
    ])('is sent once more after a %s with %j, whatever the limit of retries', async (status, body) => {
      for (const aheadMs of away) {
        const { call, seen } = await callWith(
          (response, count, request) =>
            count === 1 ? answer(response, status, body, dateOf(aheadMs)) : create(response, count, request),
          { retry: { limit: 0 } },
        );
        expect(await call).toEqual(created.data);
        expect(seen).toHaveLength(2);
      }
    });
  });

  describe('a gateway whose clock is two hours ahead of the provider’s', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    const xDateOf = (request: { headers: Record<string, unknown> }): number =>
      Date.parse(`${request.headers['x-date']}`.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
    /** The provider's clock is right. The gateway in front of it writes another Date. */
    const behind =
      (aheadMs: number): Handler =>
      (response, _count, request) => {
        const age = now - xDateOf(request);
        const isRight = age >= 0 && age <= 15 * 60_000;
        const body = isRight ? created : { code: 401, msg: 'time' };
        answer(response, isRight ? 200 : 401, body, { date: new Date(now + aheadMs).toUTCString() });
      };

    it.each([2 * 3_600_000, -2 * 3_600_000])('disturbs one call at most: %s ms', async (aheadMs) => {
      vi.useFakeTimers({ toFake: ['Date'], now });
      const { url, seen } = await providerOf(behind(aheadMs));
      const client = clientOf(url);
      for (let calls = 0; calls < 5; calls++) expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      // The second attempt used the time of the gateway.
      expect(seen).toHaveLength(6);
    });

    it('does not replace a right clock: after a refused token, the learnt time stays', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: now + 5 * 3_600_000 });
      let isRefused = false;
      const { url, seen } = await providerOf((response, count, request) =>
        isRefused
          ? answer(response, 401, { code: 401, msg: 'no' }, { date: new Date(now).toUTCString() })
          : behind(0)(response, count, request),
      );
      const client = clientOf(url);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      isRefused = true;
      expect(await errorOf(unwrap(client.POST(path, init)))).toMatchObject({ status: 401 });
      isRefused = false;
      seen.length = 0;
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(seen.map(xDateOf)).toEqual([now - 60_000]);
    });

    it('is the provider’s clock plus the age of a cached answer', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now });
      const { url, seen } = await providerOf((response) =>
        answer(response, 200, created, { date: new Date(now - 600_000).toUTCString(), age: '660' }),
      );
      const client = clientOf(url);
      await client.POST(path, init);
      await client.POST(path, init);
      expect(seen.map(xDateOf)).toEqual([now - 60_000, now]);
    });
  });

  describe('the deadline of a call', () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const baseUrl = 'https://koodrive.example.com';
    const list = '/koodrive/ose/v1/backup/record';
    const query = { params: { query: { moduleCode: '101', pageSize: 1 } } } as const;
    const fakeClock = (): void =>
      void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    /** Lets fake time pass until the call has ended. Returns how long that took. */
    async function elapsedOf(call: Promise<unknown>): Promise<number> {
      const begin = performance.now();
      let hasEnded = false;
      void call.finally(() => {
        hasEnded = true;
      });
      while (!hasEnded) await vi.advanceTimersByTimeAsync(1);
      return performance.now() - begin;
    }

    it('ends the last attempt, even if `timeoutMs` would give it more time', async () => {
      fakeClock();
      vi.spyOn(Math, 'random').mockReturnValue(0);
      const onAttempt = vi.fn();
      const client = clientOf(baseUrl, { fetch: never, timeoutMs: 1000, deadlineMs: 2500, onAttempt });
      const call = errorOf(client.GET(list, query));
      expect(await elapsedOf(call)).toBe(2500);
      expect(await call).toMatchObject({
        name: 'BackupTimeoutError',
        message: 'listBackupRecord: no complete answer within 2500 ms',
        timeoutMs: 2500,
        attempts: 3,
      });
      const told = onAttempt.mock.calls.map(([{ error, delayMs, durationMs }]) => [
        error.timeoutMs,
        delayMs,
        durationMs,
      ]);
      expect(told).toEqual([
        [1000, 0, 1000],
        [1000, 0, 1000],
        [2500, undefined, expect.any(Number)],
      ]);
    });

    it('is ten times `timeoutMs` by default, and never more than a timer can hold', async () => {
      fakeClock();
      const getToken = (): Promise<string> => never();
      const stalls = (options: object) =>
        errorOf(clientOf(baseUrl, { auth: accessToken(getToken), ...options }).POST(path, init));
      expect(await elapsedOf(stalls({ timeoutMs: 7 }))).toBe(7);
      const auth = { authorize: () => token, renew: never };
      const refuse: Fetch = async () => new Response('{"code":401,"msg":"no"}', { status: 429 });
      const waits = clientOf(baseUrl, { auth, fetch: refuse, timeoutMs: 7 });
      vi.spyOn(Math, 'random').mockReturnValue(70 / 500);
      const call = errorOf(unwrap(waits.POST(path, init)));
      expect(await elapsedOf(call), 'a wait as long as the deadline is not begun').toBe(1);
      expect(await call).toMatchObject({ status: 429, attempts: 1 });
      vi.spyOn(Math, 'random').mockReturnValue(69 / 500);
      expect(await elapsedOf(errorOf(unwrap(waits.POST(path, init))))).toBe(69);
      const ok: Fetch = async () => new Response(JSON.stringify(created));
      expect(await unwrap(clientOf(baseUrl, { fetch: ok, timeoutMs: 2 ** 31 - 1 }).POST(path, init))).toEqual(
        created.data,
      );
    });

    it('may be as long as a timer can hold', async () => {
      const later: Fetch = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response(JSON.stringify(created));
      };
      const deadlineMs = 2 ** 31 - 1;
      for (const options of [{ deadlineMs }, { timeoutMs: deadlineMs }, { deadlineMs, timeoutMs: deadlineMs }]) {
        expect(await unwrap(clientOf(baseUrl, { fetch: later, ...options }).POST(path, init))).toEqual(created.data);
      }
    });

    it('of a call overrides that of its client', async () => {
      fakeClock();
      const client = clientOf(baseUrl, { fetch: never, timeoutMs: 1000, deadlineMs: 2500 });
      expect(await elapsedOf(errorOf(client.POST(path, { ...init, deadlineMs: 400 })))).toBe(400);
      expect(await elapsedOf(errorOf(client.POST(path, { ...init, timeoutMs: 300 })))).toBe(300);
    });

    it('makes a refusal final if Retry-After is longer than the time that is left', async () => {
      const { call, seen } = await callWith((response) => answer(response, 429, '', { 'retry-after': '7' }), {
        deadlineMs: 6000,
      });
      expect(await errorOf(call)).toMatchObject({ name: 'BackupApiError', status: 429 });
      expect(seen).toHaveLength(1);
    });

    it.each([
      ['an attempt', { timeoutMs: 400 }],
      ['a call', { deadlineMs: 400 }],
    ])('ends a login that stalls after a 401, by the limit of %s', async (_whose, limits) => {
      fakeClock();
      let logins = 0;
      const auth = accessToken(() => (logins++ === 0 ? token : never()));
      const refuse: Fetch = async () => new Response('{"code":401,"msg":"no"}', { status: 401 });
      const call = errorOf(unwrap(clientOf(baseUrl, { auth, fetch: refuse, ...limits }).POST(path, init)));
      expect(await elapsedOf(call)).toBe(400);
      expect(await call).toMatchObject({ message: 'createBackupRecord: no credential within 400 ms', attempts: 2 });
    });

    it.each([
      ['an attempt', { timeoutMs: 400 }],
      ['a call', { deadlineMs: 400 }],
    ])('ends a renewal that stalls, by the limit of %s, and keeps the refusal', async (_whose, limits) => {
      fakeClock();
      const auth = { authorize: () => token, renew: never };
      const refuse: Fetch = async () => new Response('{"code":401,"msg":"no"}', { status: 401 });
      const call = errorOf(unwrap(clientOf(baseUrl, { auth, fetch: refuse, ...limits }).POST(path, init)));
      expect(await elapsedOf(call)).toBe(400);
      expect(await call).toMatchObject({ name: 'BackupApiError', status: 401, attempts: 1 });
    });

    it.each([new Error('enough'), 0, null, undefined, ''])(
      'and every wait end at once if the caller aborts with %s',
      async (reason) => {
        fakeClock();
        const refused: Fetch = async () => new Response('{"code":401,"msg":"no"}', { status: 401 });
        const busy: Fetch = async () => new Response('', { status: 429, headers: { 'retry-after': '9' } });
        const half: Fetch = async () => new Response(new ReadableStream());
        let logins = 0;
        const stalls: Partial<BackupClientOptions>[] = [
          { fetch: never },
          { fetch: half },
          { fetch: busy },
          { auth: accessToken(never) },
          { fetch: refused, auth: { authorize: () => token, renew: never } },
          { fetch: refused, auth: accessToken(() => (logins++ === 0 ? token : never())) },
        ];
        for (const options of stalls) {
          const controller = new AbortController();
          const { signal } = controller;
          const call = clientOf(baseUrl, options).POST(path, { ...init, signal });
          const ended = vi.fn();
          const end = call.catch(ended);
          await vi.advanceTimersByTimeAsync(1);
          expect(ended).not.toHaveBeenCalled();
          controller.abort(reason);
          await end;
          expect(ended.mock.calls).toEqual([[signal.reason]]);
          await new Promise(setImmediate);
          expect([vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
        }
      },
    );
  });

  describe('a token', () => {
    const ok: Fetch = async () => new Response(JSON.stringify(created));
    const baseUrl = 'https://koodrive.example.com';

    it('of one user is never sent with the request of another', async () => {
      const sent: string[] = [];
      const fetch: Fetch = async (_url, { headers }) => {
        sent.push(`${headers['x-user-id']}: ${headers.authorization}`);
        const isExpired = sent.length === 4;
        return isExpired ? new Response('', { status: 401 }) : new Response(JSON.stringify(created));
      };
      const users = ['one', 'two', 'one', 'two', 'two', 'one'];
      let logins = 0;
      const auth = accessToken(async ({ userId }) => `token-${++logins}-of-${userId}`);
      const client = clientOf(baseUrl, { auth, fetch, userId: () => users[sent.length] ?? '' });
      for (let calls = 0; calls < 5; calls++) await unwrap(client.POST(path, init));
      expect(sent).toEqual([
        'one: Bearer+token-1-of-one',
        'two: Bearer+token-2-of-two',
        'one: Bearer+token-1-of-one',
        'two: Bearer+token-2-of-two',
        'two: Bearer+token-3-of-two',
        'one: Bearer+token-1-of-one',
      ]);
    });

    it('whose login stalls is given up, and later calls start a new one', async () => {
      fakeTimers();
      const signals: AbortSignal[] = [];
      const auth = accessToken(({ signal }) => {
        signals.push(signal);
        return signals.length === 1 ? new Promise(() => undefined) : token;
      });
      const client = clientOf(baseUrl, { auth, fetch: ok, timeoutMs: 1000 });
      const stalled = [errorOf(client.POST(path, init)), errorOf(client.POST(path, init))];
      await vi.advanceTimersByTimeAsync(999);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
      await vi.advanceTimersByTimeAsync(1);
      for (const error of await Promise.all(stalled)) {
        expect(error).toMatchObject({ message: 'createBackupRecord: no credential within 1000 ms', attempts: 1 });
      }
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(signals).toHaveLength(2);
    });

    it('that could not be fetched is not requested again by the same call', async () => {
      fakeTimers();
      const onAttempt = vi.fn();
      const list = (getToken: GetToken) =>
        errorOf(
          clientOf(baseUrl, { auth: accessToken(getToken), fetch: ok, timeoutMs: 1000, onAttempt }).GET(
            '/koodrive/ose/v1/backup/device',
            { retry: { ambiguous: true } },
          ),
        );
      const stalled = list(() => new Promise(() => undefined));
      await vi.advanceTimersByTimeAsync(1000);
      expect(await stalled).toMatchObject({ name: 'BackupTimeoutError', attempts: 1 });
      expect(await list(() => Promise.reject(new Error('no')))).toMatchObject({ name: 'BackupAuthError', attempts: 1 });
      expect(onAttempt.mock.calls.map(([{ delayMs }]) => delayMs)).toEqual([undefined, undefined]);
    });

    it('that arrives too late for its attempt is not sent', async () => {
      fakeTimers();
      const { promise, resolve } = Promise.withResolvers<string>();
      const fetch = vi.fn(ok);
      // This login ignores its signal.
      const client = clientOf(baseUrl, { auth: { authorize: () => promise }, fetch, timeoutMs: 1000 });
      const call = errorOf(client.POST(path, init));
      await vi.advanceTimersByTimeAsync(1000);
      resolve(token);
      expect(await call).toBeInstanceOf(BackupTimeoutError);
      await new Promise(setImmediate);
      expect(fetch).not.toHaveBeenCalled();
    });

    it('whose function calls the same client ends with an error, at once or in time', async () => {
      fakeTimers();
      for (const later of [false, true]) {
        const client: BackupClient = clientOf(baseUrl, {
          auth: accessToken(async () => {
            if (later) await new Promise(setImmediate);
            await unwrap(client.POST(path, init));
            return token;
          }),
          fetch: ok,
        });
        const ended = vi.fn();
        const call = errorOf(client.POST(path, init)).finally(ended);
        while (ended.mock.calls.length === 0) await vi.advanceTimersByTimeAsync(1000);
        const error = await call;
        // A middleware runs before the client needs the credential, so the function has already returned.
        const isLate = later || used.length > 0;
        expect(error.name).toBe(isLate ? 'BackupTimeoutError' : 'BackupAuthError');
        if (!isLate) expect(error.message).toContain('must not call the client that waits for its token');
      }
    });

    it.each<[string, unknown]>([
      ['nothing', undefined],
      ['null', null],
      ['an empty text', ''],
      ['a line break', 'a\r\nb'],
      ['a number', 7],
    ])('of an application’s own auth is not sent if it is an invalid header value: %s', async (_what, value) => {
      const fetch = vi.fn(ok);
      const authorize = () => value as string;
      const error = await errorOf(clientOf(baseUrl, { auth: { authorize }, fetch }).POST(path, init));
      expect(error).toBeInstanceOf(BackupAuthError);
      expect(error.message).toBe('createBackupRecord: no credential: Authorization is not a valid header value');
      expect(fetch).not.toHaveBeenCalled();
    });
  });

  describe('the renewal of a credential', () => {
    it('does not happen if there is no other credential: the refusal counts', async () => {
      for (const renew of [() => false, async () => false, () => Promise.reject(new Error('no')), undefined]) {
        const auth = { authorize: vi.fn(() => token), ...(renew && { renew }) };
        const { call, seen } = await callWith((response) => answer(response, 401, { code: 401, msg: 'no' }), { auth });
        expect(await errorOf(call)).toMatchObject({ name: 'BackupApiError', status: 401 });
        expect(seen).toHaveLength(1);
      }
    });

    it.each([403, 404, 409, 429, 500, 502])('does not happen after a %s', async (status) => {
      const logIn = vi.fn(() => token);
      const { call, seen } = await callWith((response) => answer(response, status, { code: status, msg: 'no' }), {
        auth: accessToken(logIn),
        retry: { limit: 0 },
      });
      expect(await errorOf(call)).toMatchObject({ status });
      expect(seen).toHaveLength(1);
      expect(logIn).toHaveBeenCalledTimes(1);
    });

    it('names the user', async () => {
      const renew = vi.fn(() => true);
      const { call } = await callWith(
        (response, count, request) =>
          count === 1 ? answer(response, 401, { code: 401, msg: 'no' }) : create(response, count, request),
        { auth: { authorize: () => 'Bearer+token', renew }, userId: () => 'user' },
      );
      await call;
      expect(renew.mock.calls).toEqual([['Bearer+token', { userId: 'user' }]]);
    });

    it('allows another try with the local clock, which may have been refused because of the old credential', async () => {
      const hour = 3_600_000;
      const now = Date.UTC(2026, 0, 31, 12);
      vi.useFakeTimers({ toFake: ['Date'], now });
      const xDates: string[] = [];
      // The gateway's clock is wrong, and the token has expired.
      let valid = 'first';
      const { url } = await providerOf((response, count, { headers }) => {
        const isRight = `${headers['x-date']}` === '20260131T115900Z' && headers.authorization === `Bearer+${valid}`;
        xDates.push(`${headers['x-date']}`);
        const date = { date: new Date(now + 2 * hour).toUTCString() };
        if (isRight) answer(response, 200, created, date);
        else answer(response, 401, { code: 401, msg: 'no' }, date);
        if (count === 1) valid = 'second';
      });
      let logins = 0;
      const client = clientOf(url, { auth: accessToken(() => (logins++ === 0 ? 'first' : 'second')) });
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(logins).toBe(2);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(xDates.length).toBeLessThanOrEqual(8);
    });
  });

  describe('a request', () => {
    const sent = async (options: Partial<BackupClientOptions>, callHeaders?: HeadersOptions) => {
      const { url, seen } = await providerOf(create);
      await unwrap(clientOf(url, options).POST(path, { ...init, headers: callHeaders }));
      return seen[0]?.headers ?? {};
    };
    afterEach(() => void vi.unstubAllGlobals());

    it('asks for JSON, and names the client', async () => {
      expect(await sent({})).toMatchObject({
        accept: 'application/json',
        'user-agent': `koodrive-backup-client/${clientVersion}`,
        'content-type': 'application/json',
      });
    });

    it('does not name the client in a browser, which has its own User-Agent', async () => {
      vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' });
      expect((await sent({}))['user-agent']).toBe('node');
      vi.stubGlobal('navigator', undefined);
      expect((await sent({}))['user-agent']).toBe(`koodrive-backup-client/${clientVersion}`);
    });

    class OtherHeaders {
      *[Symbol.iterator]() {
        yield ['x-a', '1'];
      }
    }
    it.each<[string, HeadersOptions]>([
      ['an object', { 'x-a': '1', 'x-b': undefined, 'x-c': null }],
      ['a list', [['x-a', '1']]],
      ['Headers', new Headers({ 'x-a': '1' })],
      ['Headers of another class', new OtherHeaders() as unknown as Headers],
    ])('has the headers of the client and those of the call: %s', async (_what, headers) => {
      expect(await sent({ headers })).toMatchObject({ 'x-a': '1' });
      expect(await sent({}, headers)).toMatchObject({ 'x-a': '1' });
      expect(await sent({ headers: { 'x-a': '2', 'x-d': '4' } }, headers)).toMatchObject({ 'x-a': '1', 'x-d': '4' });
      expect(await sent({ headers: { 'x-e': '' } }, { 'x-f': '' })).toMatchObject({ 'x-e': '', 'x-f': '' });
    });

    it('has the Accept and User-Agent of the application if it sets them, but never its Authorization', async () => {
      const own = { Accept: 'a/b', 'User-Agent': 'own', Authorization: 'x', 'X-User-Id': 'y', 'X-Date': 'z' };
      const { accept, 'user-agent': agent, authorization, 'x-user-id': user, 'x-date': date } = await sent({}, own);
      expect([accept, agent, authorization, user]).toEqual(['a/b', 'own', `Bearer+${token}`, userId]);
      expect(date).toMatch(/^\d{8}T\d{6}Z$/);
    });

    it('has no invalid header, and the error does not show its value', async () => {
      for (const value of ['a\r\nb', 'ключ', 'secret\0']) {
        expect(() => clientOf('https://koodrive.example.com', { headers: { 'x-a': value } })).toThrow(
          'x-a is not a valid header value',
        );
        const client = clientOf('https://koodrive.example.com');
        const error = await errorOf(client.POST(path, { ...init, headers: { 'x-a': value } }));
        expect(error).toBeInstanceOf(BackupRequestError);
        expect(shownOf(error)).not.toContain(value);
      }
    });

    it('uses the global fetch of the moment for each attempt', async () => {
      const client = clientOf('https://koodrive.example.com');
      const ok = vi.fn<typeof fetch>(async () => new Response(JSON.stringify(created)));
      const busy = vi.fn<typeof fetch>(async () => {
        vi.stubGlobal('fetch', ok);
        return new Response('', { status: 429, headers: { 'retry-after': '0' } });
      });
      vi.stubGlobal('fetch', busy);
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect([busy, ok].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    });

    it('uses the fetch of the client’s options, if they have one', async () => {
      const own = vi.fn<Fetch>(async () => new Response(JSON.stringify(created)));
      vi.stubGlobal('fetch', () => expect.fail('the global fetch'));
      await unwrap(clientOf('https://koodrive.example.com', { fetch: own }).POST(path, init));
      const [url, sentInit] = own.mock.calls[0] ?? [];
      expect(url).toBe(`https://koodrive.example.com${path}`);
      expect(sentInit).toMatchObject({ method: 'POST', body: JSON.stringify(init.body), redirect: 'manual' });
      expect(sentInit?.signal).toBeInstanceOf(AbortSignal);
    });

    it('has no body if the call has none', async () => {
      const own = vi.fn<Fetch>(async () => new Response('{"code":0,"msg":"","data":[]}'));
      const client = clientOf('https://koodrive.example.com', { fetch: own });
      await unwrap(client.GET('/koodrive/ose/v1/backup/device'));
      expect(own.mock.calls[0]?.[1]).toMatchObject({ method: 'GET', body: null });
    });
  });

  describe('retry options of a call', () => {
    const busy: Handler = (response) => answer(response, 429, '', { 'retry-after': '0' });
    it.each<[RetryOptions | undefined, RetryOptions | undefined, number]>([
      [undefined, undefined, 3],
      [{ limit: 1 }, undefined, 2],
      [{ limit: 1 }, { limit: 0 }, 1],
      [{ limit: 1 }, { ambiguous: true }, 2],
      [{ limit: 0 }, { limit: undefined }, 1],
      [{ limit: 0 }, { limit: 3 }, 4],
    ])('override those of its client: %j, %j', async (ofClient, ofCall, requests) => {
      const { url, seen } = await providerOf(busy);
      await errorOf(unwrap(clientOf(url, { retry: ofClient }).POST(path, { ...init, retry: ofCall })));
      expect(seen).toHaveLength(requests);
    });

    it('can allow or forbid retries after ambiguous failures', async () => {
      const { url, seen } = await providerOf((response) => answer(response, 500, { code: 500, msg: 'no' }));
      const requests = async (ofClient: RetryOptions, ofCall: RetryOptions): Promise<number> => {
        seen.length = 0;
        passWaits();
        await errorOf(unwrap(clientOf(url, { retry: ofClient }).POST(path, { ...init, retry: ofCall })));
        return seen.length;
      };
      expect(await requests({ ambiguous: true }, {})).toBe(3);
      expect(await requests({}, { ambiguous: true })).toBe(3);
      expect(await requests({ ambiguous: true }, { ambiguous: false })).toBe(1);
    });

    it.each([Number.NaN, -1])('are refused if they are invalid: %s', async (limit) => {
      expect(() => clientOf('https://koodrive.example.com', { retry: { limit } })).toThrow(
        'retry.limit must be a number, 0 or more',
      );
      const client = clientOf('https://koodrive.example.com');
      const error = await errorOf(client.POST(path, { ...init, retry: { limit } }));
      expect(error.message).toBe('createBackupRecord: retry.limit must be a number, 0 or more');
    });
  });

  describe('sending again', () => {
    it.each<[string, Handler]>([
      ['429', (response) => answer(response, 429, { code: 429, msg: 'slow down' })],
      ['429 with a page', (response) => answer(response, 429, '<p>slow down')],
      ['503 with Retry-After', (response) => answer(response, 503, '', { 'retry-after': '1' })],
    ])('happens twice after %s, and the second answer counts', async (_what, refuse) => {
      passWaits();
      const { call, seen } = await callWith((response, count, request) =>
        (count < 3 ? refuse : create)(response, count, request),
      );
      expect(await call).toEqual(created.data);
      expect(seen).toHaveLength(3);
      expect(new Set(seen.map(({ body }) => `${body}`)).size).toBe(1);
    });

    it('happens only if nothing can have been created, whatever the answer is', async () => {
      passWaits();
      const code = fc.oneof(fc.constantFrom<number | string>(...Object.values(errorCodes)), fc.integer(), fc.string());
      const isPublished = (said: unknown): boolean => Object.values<unknown>(errorCodes).includes(Number(said));
      const isCode = (said: unknown): boolean => typeof said === 'number' || /^[1-9]\d{0,14}$/.test(`${said}`);
      const body = fc.oneof(
        fc.record({ code, msg: fc.string() }),
        fc.record({ error_code: fc.string({ minLength: 1 }), error_msg: fc.string() }),
        fc.constant(created),
        fc.jsonValue(),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.constantFrom(200, 400, 401, 429, 503), fc.integer({ min: 200, max: 599 })),
          body,
          fc.boolean(),
          fc.integer({ min: -86_400_000, max: 86_400_000 }),
          fc.option(fc.constantFrom('', '0', '1', ' ')),
          fc.integer({ min: 0, max: 2 }),
          async (status, said, isText, aheadMs, retryAfter, limit) => {
            const headers = new Headers({ date: new Date(Date.now() + aheadMs).toUTCString() });
            if (retryAfter !== null) headers.set('retry-after', retryAfter);
            const hasBody = ![204, 205, 304].includes(status);
            const text = isText ? '<p>' : JSON.stringify(said);
            const fetch = vi.fn<Fetch>(async () => new Response(hasBody ? text : null, { status, headers }));
            await clientOf('https://koodrive.example.com', { fetch, retry: { limit } })
              .POST(path, init)
              .catch((error: unknown) => expect(isBackupError(error)).toBe(true));
            const { code: saidCode, error_code: ofGateway } = Object(isText ? {} : said) as Record<string, unknown>;
            const isEnvelope = isCode(saidCode) && !Array.isArray(said);
            const isPutOff = status === 429 || (status === 503 && Boolean(retryAfter?.trim()));
            const mayBeTheClock =
              (status === 401 && (isEnvelope || (typeof ofGateway === 'string' && ofGateway !== ''))) ||
              (status === 400 && isEnvelope && !isPublished(saidCode));
            const requests = fetch.mock.calls.length;
            if (isPutOff) expect(requests).toBe(limit + 1);
            else if (mayBeTheClock) expect(requests).toBeLessThanOrEqual(2);
            else expect(requests).toBe(1);
          },
        ),
        { numRuns: 300 },
      );
    });

    it('ends after the limit, with the last answer', async () => {
      passWaits();
      const storm: Handler = (response) => answer(response, 429, { code: 429, msg: 'slow down' });
      for (const limit of [0, 1, 5]) {
        const { call, seen } = await callWith(storm, { retry: { limit } });
        expect(await errorOf(call)).toMatchObject({ status: 429 });
        expect(seen).toHaveLength(limit + 1);
      }
    });

    it.each<[string, Handler, unknown]>([
      ['500', (response) => answer(response, 500, { code: 13000201, msg: 'failed' }), { status: 500 }],
      ['503 without Retry-After', (response) => answer(response, 503, { code: 503, msg: 'failed' }), { status: 503 }],
      ['a connection that is reset', (response) => response.socket?.resetAndDestroy(), { name: 'BackupNetworkError' }],
      [
        'an answer that breaks off',
        (response) =>
          response.writeHead(200, { 'content-length': '1000' }).write('{"code":0', () => response.destroy()),
        { name: 'BackupNetworkError' },
      ],
    ])('happens after %s only if `ambiguous` allows it', async (_what, fail, expected) => {
      passWaits();
      const first = await callWith(fail);
      expect(await errorOf(first.call)).toMatchObject(expected as object);
      expect(first.seen).toHaveLength(1);
      const second = await callWith(
        (response, count, request) => (count < 2 ? fail : create)(response, count, request),
        {
          retry: { ambiguous: true },
        },
      );
      expect(await second.call).toEqual(created.data);
    });

    it('happens if nobody listens', async () => {
      const waits = passWaits();
      const onAttempt = vi.fn();
      const error = await errorOf(clientOf(`http://127.0.0.1:${await freePort()}`, { onAttempt }).POST(path, init));
      expect(error).toBeInstanceOf(BackupNetworkError);
      expect(error.message).toMatch(/^createBackupRecord: no answer: .*ECONNREFUSED/);
      expect(error.cause).toBeInstanceOf(Error);
      expect(onAttempt).toHaveBeenCalledTimes(3);
      expect(waits).toHaveLength(2);
    });

    it('waits as long as the provider asks', async () => {
      const waits = passWaits();
      const { call } = await callWith((response, count, request) =>
        count === 1 ? answer(response, 429, '', { 'retry-after': '7' }) : create(response, count, request),
      );
      await call;
      expect(waits).toEqual([7000]);
    });

    it('measures a Retry-After date against the answer’s own Date', async () => {
      const waits = passWaits();
      // The client reads Date and Retry-After at the same local time.
      vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
      const { call } = await callWith((response, count, request) => {
        const headers = { date: 'Fri, 01 Jan 2100 00:00:00 GMT', 'retry-after': 'Fri, 01 Jan 2100 00:00:09 GMT' };
        return count === 1 ? answer(response, 429, '', headers) : create(response, count, request);
      });
      await call;
      expect(waits).toEqual([9000]);
    });
  });

  describe('time and abort', () => {
    it('ends an attempt that gets no headers, after 30 seconds', async () => {
      fakeTimers();
      const { call } = await callWith(() => vi.advanceTimersByTime(30_000));
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(BackupTimeoutError);
      expect(error).toMatchObject({ operation: 'createBackupRecord', timeoutMs: 30_000 });
    });

    it('ends an attempt that gets half a body, after the time of the client', async () => {
      fakeTimers();
      const fetch: Fetch = async (...request) => {
        const response = await globalThis.fetch(...request);
        // The client is already reading the body.
        setImmediate(() => vi.advanceTimersByTime(60));
        return response;
      };
      const { call } = await callWith((response) => response.writeHead(200).write('{'), { fetch, timeoutMs: 60 });
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(BackupTimeoutError);
      expect(error).toMatchObject({ operation: 'createBackupRecord', timeoutMs: 60 });
    });

    it('ends a call at once even if fetch ignores its signal', async () => {
      const fetch = () => new Promise<Response>(() => undefined);
      const controller = new AbortController();
      const client = clientOf('https://koodrive.example.com', { fetch });
      const call = errorOf(client.POST(path, { ...init, signal: controller.signal }));
      controller.abort(new Error('enough'));
      expect((await call).message).toBe('enough');
      fakeTimers();
      const late = errorOf(client.POST(path, { ...init, timeoutMs: 10 }));
      await vi.advanceTimersByTimeAsync(10);
      expect(await late).toBeInstanceOf(BackupTimeoutError);
    });

    it('ends a wait between attempts', async () => {
      const controller = new AbortController();
      const { url, seen } = await providerOf((response) => answer(response, 429, '', { 'retry-after': '50' }));
      const onAttempt = (): void => void setImmediate(() => controller.abort());
      const call = clientOf(url, { onAttempt }).POST(path, { ...init, signal: controller.signal });
      expect((await errorOf(call)).name).toBe('AbortError');
      expect(seen).toHaveLength(1);
    });

    it('sends nothing for a caller that has already aborted', async () => {
      const { url, seen } = await providerOf(create);
      const call = clientOf(url).POST(path, { ...init, signal: AbortSignal.abort() });
      expect((await errorOf(call)).name).toBe('AbortError');
      expect(seen).toHaveLength(0);
    });

    it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('refuses a timeout of %s ms', async (timeoutMs) => {
      const client = clientOf('https://koodrive.example.com');
      await expect(client.POST(path, { ...init, timeoutMs })).rejects.toThrow(BackupRequestError);
      await expect(client.POST(path, { ...init, deadlineMs: timeoutMs })).rejects.toThrow(BackupRequestError);
      for (const name of ['timeoutMs', 'deadlineMs']) {
        expect(() => clientOf('https://koodrive.example.com', { [name]: timeoutMs })).toThrow(TypeError);
      }
    });

    /** Never answers. Ends the call with `end` as soon as the call waits for an answer. */
    const noAnswer = (end: () => void): Promise<Response> => {
      setImmediate(end);
      return new Promise(() => undefined);
    };
    it.each<[string, (controller: AbortController) => Promise<Response>]>([
      ['a success', async () => new Response(JSON.stringify(created))],
      ['a refusal', async () => new Response('{"code":13000102,"msg":"no"}', { status: 400 })],
      ['a broken connection', () => Promise.reject(new TypeError('fetch failed'))],
      ['a timeout', () => noAnswer(() => vi.advanceTimersByTime(30_000))],
      ['an abort', (controller) => noAnswer(() => controller.abort())],
    ])('leaves no timer and no listener behind after %s', async (_end, respond) => {
      fakeTimers();
      const controller = new AbortController();
      const { signal } = controller;
      const pending = (): number[] => [vi.getTimerCount(), getEventListeners(signal, 'abort').length];
      let pendingDuring: number[] | undefined;
      const fetch: Fetch = () => {
        pendingDuring = pending();
        return respond(controller);
      };
      await clientOf('https://koodrive.example.com', { fetch })
        .POST(path, { ...init, signal })
        .catch(() => undefined);
      await new Promise(setImmediate);
      expect(pendingDuring?.every((count) => count > 0)).toBe(true);
      expect(pending()).toEqual([0, 0]);
    });
  });

  describe('observers', () => {
    it('get each attempt, without secrets', async () => {
      passWaits();
      const attempts: object[] = [];
      const { call } = await callWith(
        (response, count, request) => (count < 2 ? answer(response, 429, '') : create(response, count, request)),
        { onAttempt: (attempt) => attempts.push(attempt) },
      );
      await call;
      const common = { operation: 'createBackupRecord', method: 'POST', path, error: undefined, requestId: undefined };
      const measured = { durationMs: expect.any(Number), callId: expect.stringMatching(/^\w+$/) };
      expect(attempts).toEqual([
        { ...common, ...measured, attempt: 1, status: 429, code: 429, delayMs: expect.any(Number) },
        { ...common, ...measured, attempt: 2, status: 200, code: 0, delayMs: undefined },
      ]);
      expect(new Set(attempts.map((attempt) => Reflect.get(attempt, 'callId'))).size).toBe(1);
    });

    it('get attempts without an answer, with the error and the wait', async () => {
      const { waits, attempts, onAttempt } = { waits: passWaits(), attempts: [] as Attempt[], onAttempt: vi.fn() };
      onAttempt.mockImplementation((attempt) => attempts.push(attempt));
      const { call } = await callWith(
        (response, count, request) => (count === 1 ? response.destroy() : create(response, count, request)),
        { onAttempt, retry: { ambiguous: true } },
      );
      await call;
      const [first, second] = attempts;
      expect(first).toMatchObject({ attempt: 1, status: undefined, code: undefined, delayMs: waits[0] });
      expect(first?.error).toBeInstanceOf(BackupNetworkError);
      expect(second).toMatchObject({ attempt: 2, status: 200, error: undefined, delayMs: undefined });
      expect(second?.callId).toBe(first?.callId);
      expect(second?.durationMs).toBeGreaterThan(0);
    });

    it('get an attempt that was aborted, with the reason', async () => {
      const onAttempt = vi.fn();
      const controller = new AbortController();
      const client = clientOf('https://koodrive.example.com', { fetch: () => new Promise(() => undefined), onAttempt });
      const call = errorOf(client.GET('/koodrive/ose/v1/backup/device', { signal: controller.signal }));
      await new Promise(setImmediate);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await call).toBe(reason);
      await new Promise(setImmediate);
      expect(onAttempt.mock.calls).toEqual([
        [expect.objectContaining({ attempt: 1, status: undefined, error: reason, delayMs: undefined })],
      ]);
    });

    it('get an attempt that had no credential, with the error', async () => {
      const onAttempt = vi.fn();
      const auth = accessToken(() => Promise.reject(new Error('login is down')));
      const client = clientOf('https://koodrive.example.com', { auth, onAttempt });
      const error = await errorOf(client.POST(path, init));
      expect(onAttempt.mock.calls).toEqual([[expect.objectContaining({ error, status: undefined })]]);
    });

    it.each<[string, object, object, string | undefined]>([
      ['x-request-id', { 'x-request-id': 'a', 'x-traceid': 'b' }, {}, 'a'],
      ['x-traceid', { 'x-traceid': 'b', 'x-trace-id': 'c' }, {}, 'b'],
      ['x-trace-id', { 'x-trace-id': 'c', 'request-id': 'd' }, {}, 'c'],
      ['request-id', { 'request-id': 'd', 'x-correlation-id': 'e' }, {}, 'd'],
      ['x-correlation-id', { 'x-correlation-id': 'e' }, { request_id: 'f' }, 'e'],
      ['the gateway’s field', {}, { request_id: 'f' }, 'f'],
      ['nothing', {}, {}, undefined],
      ['an empty header', { 'x-request-id': '' }, { request_id: '' }, undefined],
    ])('and errors have the id of the request, from %s', async (_where, headers, body, requestId) => {
      const onAttempt = vi.fn();
      const refusal = { error_code: 'APIGW.0303', error_msg: 'no', ...body };
      const { call } = await callWith((response) => answer(response, 403, refusal, headers), { onAttempt });
      expect(await errorOf(call)).toMatchObject({ code: 'APIGW.0303', msg: 'no' });
      expect((await errorOf(call)).requestId).toBe(requestId);
      expect(onAttempt.mock.calls[0]?.[0]).toMatchObject({ status: 403, code: 'APIGW.0303' });
      expect(onAttempt.mock.calls[0]?.[0].requestId).toBe(requestId);
    });

    it('that are asynchronous and fail do not change the call', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const { call } = await callWith(create, { onAttempt: () => Promise.reject(new Error('logger is down')) });
      expect(await call).toEqual(created.data);
      await new Promise((resolve) => setTimeout(resolve));
      process.off('unhandledRejection', unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    });

    it('do not delay the call', async () => {
      const { call } = await callWith(create, { onAttempt: () => new Promise(() => undefined) });
      expect(await call).toEqual(created.data);
    });

    it('that throw do not change the call', async () => {
      const { call } = await callWith(create, {
        onAttempt: () => {
          throw new Error('logger is down');
        },
      });
      expect(await call).toEqual(created.data);
    });
  });

  describe('middleware', () => {
    const baseUrl = 'https://koodrive.example.com';
    const ok: Fetch = async () =>
      new Response(JSON.stringify(created), { headers: { 'content-type': 'application/json' } });

    it.each([
      ['onRequest', { onRequest: () => new Promise<undefined>(() => undefined) }],
      ['onResponse', { onResponse: () => new Promise<undefined>(() => undefined) }],
    ])('that waits forever in %s is ended by the deadline, and by an abort', async (_where, waiting) => {
      fakeTimers();
      const client = clientOf(baseUrl, { fetch: ok });
      client.use(waiting);
      const late = errorOf(client.POST(path, { ...init, deadlineMs: 400 }));
      await vi.advanceTimersByTimeAsync(401);
      expect(await late).toMatchObject({
        name: 'BackupTimeoutError',
        message: 'createBackupRecord: no result within 400 ms',
        timeoutMs: 400,
      });
      const controller = new AbortController();
      const ended = vi.fn();
      const call = client.POST(path, { ...init, signal: controller.signal }).catch(ended);
      await vi.advanceTimersByTimeAsync(0);
      controller.abort(0);
      await call;
      expect(ended.mock.calls).toEqual([[0]]);
      await new Promise(setImmediate);
      expect([vi.getTimerCount(), getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
    });

    it('sees the address of the answer, no encoding of its bytes, and no secret', async () => {
      const { url } = await providerOf((response, _count, { headers }) => {
        const encoded = gzipSync(JSON.stringify({ code: 13000102, msg: `bad ${headers.authorization}` }));
        response.writeHead(400, { 'content-encoding': 'gzip', 'content-length': encoded.length, 'x-a': '1' });
        response.end(encoded);
      });
      const client = clientOf(url);
      const seen: unknown[] = [];
      client.use({
        async onRequest({ request }) {
          seen.push(request.headers.get('authorization'), request.headers.get('x-date'));
        },
        async onResponse({ response }) {
          const { status, ok, url, headers } = response;
          seen.push([status, ok, url, Object.fromEntries(headers), await response.clone().text()]);
        },
      });
      await client.POST(path, init);
      expect(seen.slice(0, 2)).toEqual([null, null]);
      const [status, isOk, address, headers, text] = seen[2] as [number, boolean, string, object, string];
      expect([status, isOk, address]).toEqual([400, false, url + path]);
      expect(headers).toMatchObject({ 'x-a': '1' });
      expect(Object.keys(headers)).not.toContain('content-encoding');
      expect(Object.keys(headers)).not.toContain('content-length');
      expect(JSON.parse(text)).toEqual({ code: 13000102, msg: 'bad Bearer+***' });
    });

    it.each<[string, () => Response, object]>([
      ['a success', () => new Response(JSON.stringify(created)), { data: created }],
      ['a refusal', () => new Response('{"code":7,"msg":"no"}', { status: 400 }), { error: { code: 7, msg: 'no' } }],
      ['a refusal with 200', () => new Response('{"code":7,"msg":"no"}'), { error: { code: 7, msg: 'no' } }],
      ['nothing with 403', () => new Response(null, { status: 403 }), { error: { code: 403, msg: '' } }],
    ])('that answers itself is judged like the provider: %s', async (_what, respond, expected) => {
      const provider = vi.fn(ok);
      for (const middleware of [{ onRequest: respond }, { onResponse: respond }]) {
        const client = clientOf(baseUrl, { fetch: provider });
        client.use(middleware);
        const { response, ...result } = await client.POST(path, init);
        expect(result).toEqual(expected);
        expect(response.status).toBe(respond().status);
      }
      expect(provider).toHaveBeenCalledTimes(1);
    });

    it.each<[string, () => Response]>([
      ['HTML', () => new Response('<p>no')],
      ['HTML with 502', () => new Response('<p>no', { status: 502 })],
      ['a redirect', () => new Response(null, { status: 302 })],
      ['a success without data', () => new Response('{"code":0,"msg":""}')],
    ])('whose answer does not follow the contract causes a parse error: %s', async (_what, respond) => {
      for (const middleware of [{ onRequest: respond }, { onResponse: respond }]) {
        const client = clientOf(baseUrl, { fetch: ok });
        client.use(middleware);
        const error = await errorOf(client.POST(path, init));
        expect(error).toBeInstanceOf(BackupParseError);
        expect(error).toMatchObject({ operation: 'createBackupRecord', status: respond().status });
        expect(error.body).toBe(await respond().text());
      }
    });

    it('that throws causes an error of this package, with the thrown value as its cause', async () => {
      const thrown = new Error('middleware is down');
      const fail = (): never => {
        throw thrown;
      };
      for (const middleware of [{ onRequest: fail }, { onResponse: fail }]) {
        const client = clientOf(baseUrl, { fetch: ok });
        client.use(middleware);
        const error = await errorOf(client.POST(path, init));
        expect(error).toBeInstanceOf(BackupRequestError);
        expect(error).toMatchObject({ cause: thrown, message: 'createBackupRecord: middleware is down' });
      }
    });

    it('gets an error of this package, and may answer instead', async () => {
      const client = clientOf(baseUrl, { fetch: () => Promise.reject(new Error('reset')) });
      const onError = vi.fn(() => new Response(JSON.stringify(created)));
      client.use({ onError });
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(onError).toHaveBeenCalledWith(expect.objectContaining({ error: expect.any(BackupNetworkError) }));
    });

    it('does nothing after it was ejected', async () => {
      const client = clientOf(baseUrl, { fetch: ok });
      const onRequest = vi.fn();
      const middleware = { onRequest };
      client.use(middleware);
      await client.POST(path, init);
      client.eject(middleware);
      await client.POST(path, init);
      expect(onRequest).toHaveBeenCalledTimes(1);
    });

    it('sees requests and responses, and what it changes is sent and signed', async () => {
      const { url, seen } = await providerOf(create);
      const client = clientOf(url, { auth: appSignature({ appId: 'app', appSecret: 's' }) });
      const statuses: number[] = [];
      client.use({
        onRequest: ({ request }) => new Request(request, { body: JSON.stringify({ changed: true }) }),
        onResponse: async ({ response }) => {
          statuses.push(response.status);
          expect(await response.clone().json()).toEqual(created);
        },
      });
      expect(await unwrap(client.POST(path, init))).toEqual(created.data);
      expect(statuses).toEqual([200]);
      expect(`${seen[0]?.body}`).toBe('{"changed":true}');
    });

    it('that answers without a body does not cause a success', async () => {
      const client = clientOf('https://koodrive.example.com');
      client.use({ onRequest: () => new Response(null, { status: 500, headers: { 'content-length': '0' } }) });
      const { data, error } = await client.POST(path, init);
      expect(data).toBeUndefined();
      expect(error).toBeTruthy();
    });
  });
});

describe('isBackupError', () => {
  it('recognises the errors of this package, and those of a copy of it', async () => {
    for (const own of [BackupParseError, BackupRequestError, BackupAuthError, BackupTimeoutError]) {
      expect(isBackupError(new own('x'))).toBe(true);
    }
    expect(isBackupError(Object.assign(new Error('x'), { name: 'BackupApiError' }))).toBe(true);
    for (const other of [new Error('x'), new TypeError('x'), null, undefined, 'BackupError', {}]) {
      expect(isBackupError(other)).toBe(false);
    }
  });
});
