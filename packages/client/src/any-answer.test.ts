import { getEventListeners } from 'node:events';
import { gzipSync } from 'node:zlib';
import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import type { Middleware } from 'openapi-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientOf, shownOf, token, watchTimers } from '../test/calls.ts';
import { created, init, path, providerOf } from '../test/provider.ts';
import { type BackupClient, BackupError, decodeProperties, iterate, unwrap, withBackupLock } from './index.ts';

/** A text with the token, as a careless provider may repeat it. */
const echo = `Bearer+${token}`;
const headers = { 'content-type': 'application/json', 'x-echo': echo };
const json = JSON.stringify;

/** Bodies that are never a success, whatever the status is. */
const bodies: Record<string, string | Buffer> = {
  nothing: '',
  'a space': ' ',
  HTML: `<p>${echo}</p>`,
  'a broken envelope': `{"code":0,"msg":"${echo}","data":{"recordId":"1`,
  'a refusal': json({ code: 13000102, msg: echo }),
  'a refusal with a code that the vendor does not publish': json({ code: 4711, msg: echo }),
  'a refusal with a code that is a string': json({ code: '13000102', msg: echo }),
  'a refusal with a number that is not exact': `{"code":12345678901234567890,"msg":"${echo}"}`,
  'a gateway’s refusal': json({ error_code: `APIGW.${token}`, error_msg: echo, request_id: echo }),
  'a success without data': json({ code: 0, msg: echo, data: null }),
  'a success without msg': json({ code: 0, data: echo }),
  'a list': json([echo]),
  null: 'null',
  'a number': '7',
  'a string': json(echo),
  'an empty object': '{}',
  'fields of other types': json({ code: {}, msg: 7, error_code: [], error_msg: {}, request_id: 7, message: null }),
  'deep JSON': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'a refusal with deep JSON': `{"code":13000102,"msg":"no","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  'UTF-16': Buffer.from(`\ufeff${json(created)}`, 'utf16le'),
  'bytes that are not UTF-8': Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x7d]),
  'bytes of gzip': gzipSync(json(created)),
};

/** Answers that break off at some point, or that no proper server would send. */
const broken: Record<string, Handler> = {
  'a reset before the head': (response) => response.socket?.resetAndDestroy(),
  'an end before the head': (response) => response.socket?.end(),
  'a reset in the head': (response) =>
    response.socket?.write('HTTP/1.1 200 O', () => response.socket?.resetAndDestroy()),
  'a reset after the head': (response) => {
    response.writeHead(200, { ...headers, 'content-length': '100' }).flushHeaders();
    setImmediate(() => response.socket?.resetAndDestroy());
  },
  'a reset in the body': (response) => {
    response.writeHead(200, headers);
    response.write('{"code":0,"msg":', () => response.socket?.resetAndDestroy());
  },
  'an end in the body': (response) => {
    response.writeHead(200, { ...headers, 'content-length': '1000' });
    response.write(json(created), () => response.socket?.end());
  },
  'a wrong Content-Encoding': (response) =>
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(json(created)),
  'broken gzip': (response) =>
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(json(created)).subarray(0, 40)),
  'bytes that are not HTTP': (response) => response.socket?.end(`SSH-2.0-OpenSSH ${echo}\r\n\r\n`),
  'status 600': (response) => answer(response, 600, { code: 600, msg: echo }, headers),
  'status 999': (response) => answer(response, 999, { code: 999, msg: echo }, headers),
  'a reason outside Latin-1': (response) =>
    response.socket?.end(`HTTP/1.1 400 拒绝 ${echo}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`),
  'a header outside Latin-1': (response) =>
    response.socket?.end(`HTTP/1.1 400 No\r\nX-Echo: 拒绝 ${echo}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`),
};

const statuses = [
  ...[200, 201, 204, 205, 206, 300, 301, 302, 304, 307, 400, 401, 403, 404, 407, 408, 409, 410, 418, 421, 429, 451],
  ...[500, 502, 503, 504, 599],
];

// A request may be sent again after these, because nothing was created: the provider put the request off, or the
// request reached the wrong server. After 421, `fetch` itself sends it again (Fetch standard, HTTP-network-or-cache
// fetch).
const repeated = [421, 429];

const lockId = 'a-lock@101';
const header = { 'x-backup-lock-id': lockId };
const params = { header, path: { recordId: '1' } };
const record = '/koodrive/ose/v1/backup/record/{recordId}';
const lockPath = '/koodrive/ose/v1/backup/lock';

/** All calls of the client, to the provider under test. */
const calls: Record<string, (client: BackupClient, signal: AbortSignal) => Promise<unknown>> = {
  'POST a record': (client, signal) => client.POST(path, { ...init, signal }),
  'POST a device': (client, signal) =>
    unwrap(client.POST('/koodrive/ose/v1/backup/device', { body: { moduleCode: '101' } as never, signal })),
  'GET devices': (client, signal) => unwrap(client.GET('/koodrive/ose/v1/backup/device', { signal })),
  'GET a record': (client, signal) => client.GET(record, { params: { path: params.path }, signal }),
  'PATCH a record': (client, signal) => unwrap(client.PATCH(record, { params, body: {}, signal })),
  'PATCH a lock': (client, signal) => client.PATCH(lockPath, { params: { header }, signal }),
  'DELETE a record': (client, signal) => unwrap(client.DELETE(record, { params, signal })),
  'DELETE a device': (client, signal) =>
    client.DELETE('/koodrive/ose/v1/backup/device/{deviceId}', { params: { path: { deviceId: '1' } }, signal }),
  iterate: async (client, signal) => {
    const query = { moduleCode: '101', pageSize: 1 } as const;
    for await (const item of iterate(client, path, { params: { query }, signal })) return item;
    return undefined;
  },
  withBackupLock: (client, signal) => withBackupLock(client, { moduleCode: '101', signal }, async () => 'done'),
};

const ways: [string, Middleware[]][] = [
  ['a client', []],
  ['a client with a middleware', [{ onRequest: () => undefined, onResponse: () => undefined }]],
];

describe.each(ways)('%s', (_way, middleware) => {
  let handler: Handler;
  let timers: ReadonlySet<unknown>;
  beforeEach(() => {
    timers = watchTimers();
    // The wait between attempts is then 0.
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => void vi.restoreAllMocks());

  /** Makes a call, and checks its outcome against everything that a client promises. */
  async function holds(name: string, client: BackupClient, seen: { method: string }[], mayRepeat: boolean) {
    seen.length = 0;
    const { signal } = new AbortController();
    const [settled] = await Promise.allSettled([calls[name]?.(client, signal)]);
    const where = `${name}, ${settled?.status}, ${json(settled)?.slice(0, 200)}`;
    if (settled?.status === 'rejected') {
      expect(settled.reason, where).toBeInstanceOf(BackupError);
      expect(shownOf(settled.reason), where).not.toContain(token);
    } else if (typeof settled?.value === 'object' && settled.value !== null && 'response' in settled.value) {
      const { data, error, response } = settled.value as { data?: unknown; error?: object; response: Response };
      expect([data, error].filter(Boolean), where).toHaveLength(1);
      if (error) {
        expect(shownOf([error, response, await response.text()]), where).not.toContain(token);
        expect(Object.keys(error), where).toEqual(['code', 'msg']);
      }
    }
    const posts = seen.filter(({ method }) => method === 'POST').length;
    if (!mayRepeat) expect(posts, where).toBeLessThanOrEqual(1);
    expect(getEventListeners(signal, 'abort'), where).toEqual([]);
    expect([...timers], where).toEqual([]);
    return settled;
  }

  const start = async () => {
    const { url, seen } = await providerOf((...request) => handler(...request));
    const client = clientOf(url);
    if (middleware.length > 0) client.use(...middleware);
    return { client, seen };
  };

  it.each(Object.keys(bodies))('keeps its promises for every status of %s', async (name) => {
    const { client, seen } = await start();
    const body = bodies[name] ?? '';
    // Try only some statuses, and others with each body, because these tests take longest.
    const step = middleware.length === 0 ? 2 : 6;
    const some = statuses.filter((_, index) => index % step === name.length % step);
    for (const [index, status] of some.entries()) {
      handler = (response) => response.writeHead(status, headers).end(body);
      const others = Object.keys(calls).slice(1);
      // Each status is tried with one of the other calls, and which one differs with each body.
      const other = others[(index + name.length) % others.length] ?? '';
      for (const each of ['POST a record', other]) {
        const settled = await holds(each, client, seen, repeated.includes(status));
        // A success without data is a success if the operation has no data.
        const isSuccess =
          settled?.status === 'fulfilled' && settled.value !== undefined && 'data' in Object(settled.value);
        if (each === 'POST a record') expect(isSuccess).toBe(false);
      }
    }
  });

  it.each(Object.keys(broken))('keeps its promises, and sends no create twice, after %s', async (name) => {
    const { client, seen } = await start();
    handler = broken[name] ?? (() => expect.fail());
    for (const each of Object.keys(calls)) await holds(each, client, seen, false);
  });

  it.each(Object.keys(calls))(
    'keeps its promises for a success, and for bodies that only resemble one: %s',
    async (name) => {
      const { client, seen } = await start();
      const data = { ...created.data, lockId };
      for (const status of [200, 201, 206, 302, 404, 429, 500]) {
        for (const body of [
          { code: 0, msg: '', data },
          { code: 0, msg: '', data: [data] },
          { code: 0, msg: '' },
        ]) {
          handler = (response) => answer(response, status, body, { 'retry-after': '0' });
          await holds(name, client, seen, repeated.includes(status));
        }
      }
    },
  );

  it('reads 5 MB of anything', async () => {
    const { client, seen } = await start();
    const long = 'a'.repeat(5_000_000);
    const data = { ...created.data, properties: json({ long }) };
    handler = (response) => answer(response, 200, { code: 0, msg: '', data });
    const settled = await holds('POST a record', client, seen, false);
    const { data: envelope } = (settled?.status === 'fulfilled' ? settled.value : {}) as {
      data?: { data: typeof data };
    };
    expect(decodeProperties<{ long: string }>(envelope?.data ?? {})?.long).toHaveLength(long.length);
    for (const body of [`<p>${long}${echo}`, `{"code":13000102,"msg":"${long}${echo}"}`, `{"code":0,"msg":"${long}`]) {
      handler = (response) => answer(response, 200, body);
      await holds('POST a record', client, seen, false);
      await holds('POST a device', client, seen, false);
    }
  });
});
