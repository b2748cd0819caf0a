import { once } from 'node:events';
import { connect } from 'node:net';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { urlOf } from '@koodrive-backup/spec/serving';
import { beginRequest, rawRequest, sendRaw, sendRawUntilClose } from '@koodrive-backup/testkit/raw-http';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerViolations } from '../test/answers.ts';
import { call, lockHeader, operation, refusedWith, succeed } from '../test/calls.ts';
import { fixedKeys } from '../test/fixed-keys.ts';
import { undecidedSignature } from '../test/signing.ts';
import { startTestServer, type TestServer, type User } from '../test/test-server.ts';
import { createApi } from './api.ts';
import { findTokenSql, hashToken } from './auth/tokens.ts';
import type { IdSource } from './backup/ids.ts';
import { type OnAnswer, startServer } from './index.ts';
import type { Store } from './store/store.ts';

const { ParameterCheckFailed } = contract.components.examples;
const parameterCheckFailed = ParameterCheckFailed.value.code;
const { operations } = readContract(contract);
const lock = operation('createBackupLock').path;
const body = '{"moduleCode":"100"}';

const answers: Parameters<OnAnswer>[0][] = [];
let server: TestServer;
let user: User;
beforeAll(async () => {
  server = await startTestServer({ onAnswer: (answer) => answers.push(answer) });
  user = await server.newUser();
});
afterAll(() => server.close());

/** The header lines of a request that passes authentication. */
const lines = (start: string, { id, token }: User = user): string[] => [
  start,
  'Host: localhost',
  `Authorization: Bearer ${token}`,
  `X-User-Id: ${id}`,
  `X-Date: ${xDate(server.time)}`,
];
const line = (request: string): string => `${request} HTTP/1.1`;

describe('paths and methods', () => {
  it.each(['/', '/koodrive', '/nothing?a=b', `${lock}/`, `${lock.toUpperCase()}`, `/${lock}`, `${lock}%00`, '*'])(
    'answers 404 at %s',
    async (target) => {
      refusedWith(404, await sendRaw(server.url, rawRequest(lines(line(`OPTIONS ${target}`)))), 404);
    },
  );

  const known = [...new Set(operations.map(({ path }) => path))].map((path) => ({
    path,
    methods: operations.filter((at) => at.path === path).map(({ method }) => method),
  }));
  const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

  it.each(known)('answers 405 at $path to all but $methods, with Allow', async ({ path, methods }) => {
    for (const method of others.filter((name) => !methods.includes(name))) {
      const target = path.replace(/\{\w+\}/, '1');
      const answer = await sendRaw(server.url, rawRequest([line(`${method} ${target}`), 'Host: localhost'], body));
      expect(refusedWith(405, answer, 405)).toBe(`method ${method} is not in the contract for ${target}`);
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual([...methods].sort());
    }
  });

  it('answers HEAD without a body', async () => {
    const answer = await fetch(server.url + lock, { method: 'HEAD' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('allow')).toContain('POST');
    expect(await answer.text()).toBe('');
  });

  it('accepts a whole URL as the target', async () => {
    const target = `http://koodrive.example:80${operation('listBoundDevice').path}`;
    const answer = await sendRaw(server.url, rawRequest(lines(line(`GET ${target}`))));
    expect(answer.status, answer.text).toBe(200);
    expect(answerViolations('listBoundDevice', answer)).toEqual([]);
    refusedWith(405, await sendRaw(server.url, rawRequest(lines(line(`PUT ${target}`)))), 405);
    for (const none of ['http://koodrive.example', 'http://koodrive.example?a=/b']) {
      refusedWith(404, await sendRaw(server.url, rawRequest(lines(line(`GET ${none}`)))), 404);
    }
  });

  it.each(['%', '%zz', '%ff', '%c3', '%ed%a0%80'])('answers 400 to %s in a path', async (bad) => {
    const target = `/koodrive/ose/v1/backup/record/1${bad}`;
    const answer = await sendRaw(server.url, rawRequest(lines(line(`GET ${target}`))));
    expect(refusedWith(400, answer, parameterCheckFailed)).toBe('path must be a path, percent-encoded in UTF-8');
  });

  it.each(['', '%2F', '..%2f1', '%20', '%00', '%C3%BC', "'; DROP TABLE records; --".replaceAll(' ', '%20')])(
    'answers 400 to the record id %j',
    async (id) => {
      const answer = await sendRaw(server.url, rawRequest(lines(line(`GET /koodrive/ose/v1/backup/record/${id}`))));
      refusedWith(400, answer, parameterCheckFailed);
    },
  );

  it('answers 405 to CONNECT', async () => {
    refusedWith(405, await sendRaw(server.url, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'), 405);
  });
});

describe('malformed requests', () => {
  it.each([
    [400, 'garbage\r\n\r\n'],
    [400, '\r\n\r\n\r\nGET\r\n\r\n'],
    [400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [400, `FOO ${lock} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [400, `get ${lock} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [400, `GET ${lock} HTTP/9.9\r\nHost: a\r\n\r\n`],
    [400, `GET /ü HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n`],
    [400, `GET ${lock} HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n`],
    [400, `POST ${lock} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n`],
    [400, `POST ${lock} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`],
    [400, `POST ${lock} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`],
    [400, `POST ${lock} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    [501, `POST ${lock} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{}`],
    [413, `POST ${lock} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n`],
    [431, `GET ${lock} HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
    [431, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [400, `GET ${lock} HTTP/1.1\r\n\r\n`],
    [400, `GET ${lock} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
  ])('answers %i to %o', async (status, bytes) => {
    const before = answers.length;
    const answer = await sendRaw(server.url, bytes);
    refusedWith(status, answer, status === 400 ? parameterCheckFailed : status);
    await expect.poll(() => answers.length).toBe(before + 1);
    expect(answers.at(-1)).toMatchObject({ operation: undefined, status });
  });

  it('needs no Host in HTTP/1.0', async () => {
    const [start, , ...others] = lines(`GET ${operation('listBoundDevice').path} HTTP/1.0`);
    const answer = await sendRaw(server.url, rawRequest([`${start}`, ...others]));
    expect(answer.status, answer.text).toBe(200);
  });

  it('answers 417 to an expectation that it does not know', async () => {
    const request = rawRequest([...lines(line(`POST ${lock}`)), 'Expect: 200-ok'], body);
    refusedWith(417, await sendRaw(server.url, request), 417);
  });

  it('answers Expect: 100-continue, and then the request', async () => {
    const head = lines(line(`POST ${lock}`), await server.newUser());
    const request = rawRequest([...head, 'Expect: 100-continue', 'Connection: close'], body);
    const statuses = (await sendRawUntilClose(server.url, request)).map(({ status }) => status);
    expect(statuses).toEqual([100, 200]);
  });

  it.each(['websocket', 'h2c'])('does not upgrade to %s', async (protocol) => {
    const upgrade = ['Connection: Upgrade', `Upgrade: ${protocol}`, 'Sec-WebSocket-Key: eA=='];
    const answer = await sendRaw(
      server.url,
      rawRequest([...lines(line(`GET ${operation('listBoundDevice').path}`)), ...upgrade]),
    );
    expect(answer.status, answer.text).toBe(200);
  });

  it('goes on after clients have gone away', async () => {
    const { port } = new URL(server.url);
    for (const start of ['', 'G', `POST ${lock} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{`]) {
      await new Promise((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(start, () => socket.resetAndDestroy()));
        socket.on('close', resolve).on('error', () => {});
      });
    }
    await succeed(server, user, 'listBoundDevice');
  });
});

describe('bodies', () => {
  const post = (headers: Record<string, string | undefined>, bytes: string | Buffer = body) =>
    call(server, user, 'createBackupLock', { headers, body: Buffer.from(bytes) });

  it.each([undefined, 'application/json', 'Application/JSON; charset="UTF-8"', 'application/json;charset=utf-8'])(
    'accepts JSON with Content-Type: %s',
    async (type) => {
      const headers = type === undefined ? [] : [`Content-Type: ${type}`];
      const stranger = await server.newUser();
      const answer = await sendRaw(
        server.url,
        rawRequest([...lines(line(`POST ${lock}`), stranger), ...headers], body),
      );
      expect(answer.status, answer.text).toBe(200);
    },
  );

  it.each(['', 'text/plain', 'application/xml', 'application/json; charset=latin1', 'json', ';;;', '/', 'a/b/c', '"'])(
    'answers 415 to Content-Type: %s',
    async (type) => {
      const answer = await sendRaw(
        server.url,
        rawRequest([...lines(line(`POST ${lock}`)), `Content-Type: ${type}`], body),
      );
      expect(refusedWith(415, answer, 415)).toBe('header.Content-Type must be application/json, in UTF-8');
    },
  );

  it('accepts any Content-Type if the operation has no body', async () => {
    await succeed(server, user, 'listBoundDevice', { headers: { 'Content-Type': 'text/plain' } });
  });

  it('answers 415 to a Content-Encoding', async () => {
    refusedWith(415, await post({ 'Content-Encoding': 'gzip' }), 415);
  });

  it.each([
    ['', 'body is missing'],
    ['{', 'body is not JSON: '],
    ['{"moduleCode":"100"', 'body is not JSON: '],
    ['secret-in-a-body', 'body is not JSON: '],
    ['{\n  "token":\nsecret-in-a-body\n}', 'body is not JSON: '],
    [Buffer.from([0x22, 0xff, 0x22]), 'body is not JSON: it is not UTF-8'],
    ['null', 'body must be object'],
    ['[]', 'body must be object'],
    ['"100"', 'body must be object'],
    ['{}', 'body.moduleCode is missing'],
    ['{"__proto__":{"moduleCode":"100"}}', 'body.moduleCode is missing'],
    ['{"moduleCode":100}', 'body.moduleCode must be string; body.moduleCode must be equal to one of the allowed'],
    ['{"moduleCode":"103"}', 'body.moduleCode must be equal to one of the allowed values: 100, 101, 102'],
    ['['.repeat(500_000), 'body is not JSON: '],
    ['[['.repeat(100_000) + ']]'.repeat(100_000), 'body must be object'],
  ])('answers 400 to the body %#', async (bytes, msg) => {
    const text = refusedWith(400, await post({}, bytes), parameterCheckFailed);
    expect(text).toContain(msg);
    expect(text).not.toContain('secret');
  });

  it('ignores fields that the contract does not name', async () => {
    const stranger = await server.newUser();
    await succeed(server, stranger, 'createBackupLock', { body: { moduleCode: '100', more: { toString: 1 } } });
  });

  it('ignores such a field, however deep its nesting', async () => {
    const stranger = await server.newUser();
    const headers = await lockHeader(server, stranger);
    const deep = (known: object): Buffer<ArrayBuffer> =>
      Buffer.from(`{"more":${'['.repeat(500_000)}${']'.repeat(500_000)},${JSON.stringify(known).slice(1)}`);
    await succeed(server, stranger, 'bindDevice', { body: deep({ machineCode: 'm' }) });
    const body = deep({ moduleCode: '101', deviceId: 'd' });
    const { recordId } = await succeed(server, stranger, 'createBackupRecord', { headers, body });
    const completed = { headers, path: { recordId }, body: deep({ properties: '1' }) };
    await succeed(server, stranger, 'completeBackup', completed);
  });

  it('reads 1 MB, and answers 413 to more', async () => {
    const headers = await lockHeader(server, await server.newUser());
    const sized = (bytes: number): Buffer<ArrayBuffer> => {
      const empty = JSON.stringify({ moduleCode: '100', more: '' });
      return Buffer.from(empty.replace('""', `"${'a'.repeat(bytes - empty.length)}"`));
    };
    const stranger = await server.newUser();
    await succeed(server, stranger, 'createBackupLock', { headers, body: sized(1_048_576) });
    const tooLarge = sized(1_048_577);
    const declared = rawRequest(lines(line(`POST ${lock}`)), tooLarge.toString());
    const size = tooLarge.length.toString(16);
    const chunked = `${[...lines(line(`POST ${lock}`)), 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${size}\r\n${tooLarge}\r\n0\r\n\r\n`;
    for (const request of [declared, chunked]) {
      const msg = refusedWith(413, await sendRaw(server.url, request), 413);
      expect(msg).toBe('body must not be larger than 1048576 bytes');
    }
  });
});

describe('headers', () => {
  it.each(['X-User-Id', 'X-Date', 'x-backup-lock-id'])('answers 400 if %s is missing or empty', async (name) => {
    for (const value of [undefined, '']) {
      const headers = { 'x-backup-lock-id': 'a', [name]: value };
      const answer = await call(server, user, 'renewalBackupLock', { headers });
      expect(refusedWith(400, answer, parameterCheckFailed)).toBe(`header.${name} is missing or empty`);
    }
  });

  it.each(['Authorization', 'X-Date', 'X-traceid', 'Content-Type'])('answers 400 if %s is sent twice', async (name) => {
    const machine = '{"machineCode":"1"}';
    const all = [
      ...lines(line('POST /koodrive/ose/v1/backup/device')),
      `X-traceid: ${'a'.repeat(58)}`,
      'Content-Type: application/json',
    ];
    const again = all.find((text) => text.startsWith(`${name}:`)) ?? '';
    const answer = await sendRaw(server.url, rawRequest([...all, again], machine));
    expect(refusedWith(400, answer, parameterCheckFailed)).toContain(`header.${name} must be sent once`);
    expect((await sendRaw(server.url, rawRequest(all, machine))).status).toBe(200);
  });

  it.each([
    [{ moduleCode: '101', pageSize: '0' }, 'query.pageSize must be >= 1'],
    [{ moduleCode: '101', pageSize: '101' }, 'query.pageSize must be <= 100'],
    [{ moduleCode: '101', pageSize: '1.5' }, 'query.pageSize must be integer'],
    [{ moduleCode: '101', pageSize: '1e1' }, 'query.pageSize must be integer'],
    [{ moduleCode: '101', pageSize: ' 1' }, 'query.pageSize must be integer'],
    [{ moduleCode: '101' }, 'query.pageSize is missing or empty'],
    [{ pageSize: '1' }, 'query.moduleCode is missing or empty'],
    [
      { moduleCode: '101', pageSize: '1', cursor: 'a'.repeat(1001) },
      'query.cursor must NOT have more than 1000 characters',
    ],
    [{ moduleCode: '101', pageSize: '1', deviceId: 'a/b' }, 'query.deviceId must match pattern'],
  ])('answers 400 to the query %j', async (query, msg) => {
    const answer = await call(server, user, 'listBackupRecord', { query });
    expect(refusedWith(400, answer, parameterCheckFailed)).toContain(msg);
  });

  it('answers 400 to a parameter that is sent twice', async () => {
    const target = '/koodrive/ose/v1/backup/record?moduleCode=101&pageSize=1&pageSize=1';
    const answer = await sendRaw(server.url, rawRequest(lines(line(`GET ${target}`))));
    expect(refusedWith(400, answer, parameterCheckFailed)).toBe('query.pageSize must be sent once');
  });
});

it('calls onAnswer once for each answer, without secrets', async () => {
  const heard: Parameters<OnAnswer>[0][] = [];
  const other = await startTestServer({ onAnswer: (answer) => heard.push(answer) });
  const someone = await other.newUser();
  await succeed(other, someone, 'listBoundDevice');
  await fetch(`${other.url}/nothing`, { headers: { Authorization: `Bearer ${someone.token}` } });
  await other.close();
  const each = {
    requestId: expect.any(String),
    method: 'GET',
    durationMs: expect.any(Number),
    address: '127.0.0.1',
    receivedBytes: 0,
    sentBytes: expect.any(Number),
  };
  const reason = 'path /nothing is not in the contract';
  expect(heard).toEqual([
    { ...each, operation: 'listBoundDevice', status: 200, caller: someone.id },
    { ...each, operation: undefined, status: 404, caller: undefined, reason },
  ]);
});

it('answers requests that still arrive on an open connection while it stops', async () => {
  const other = await startTestServer();
  const someone = await other.newUser();
  const head = lines(line(`POST ${lock}`), someone);
  const { send, answers } = await beginRequest(other.url, head, body.length);
  const closed = other.close();
  await expect(fetch(other.url)).rejects.toThrow();
  // The rest of the request under way, and a second request.
  send(body + rawRequest(head, body));
  const [first, ...more] = (await answers).map(({ text }) => JSON.parse(text));
  await closed;
  expect(first).toMatchObject({ code: 0, data: { lockId: expect.any(String) } });
  for (const envelope of more) expect(envelope).toMatchObject({ code: 409, msg: expect.any(String) });
});

it('answers 408 to clients that never end their headers, or their body', async () => {
  const told: number[] = [];
  // The store is not used before a request has arrived completely.
  const nothing = { store: {} as Store, ids: {} as IdSource, keys: fixedKeys(), now: Date.now, maxDevicesPerUser: 1 };
  const { server: api } = createApi(nothing, ({ status }) => told.push(status));
  expect(api).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000 });
  Object.assign(api, { headersTimeout: 100, requestTimeout: 100 });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const url = urlOf(api);
  const start = `POST ${lock} HTTP/1.1\r\nHost: a\r\n${undecidedSignature}\r\n`;
  for (const slow of [`${start}X-Slow: `, `${start}Content-Length: 100000\r\n\r\n{`]) {
    refusedWith(408, await sendRaw(url, slow), 408);
  }
  expect(told).toEqual([408, 408]);
  api.close();
});

it.each([
  [{ host: '203.0.113.1' }, /^cannot listen on 203\.0\.113\.1, port 0: /],
  [{ data: '/dev/null/data' }, /\/dev\/null/],
])('reports why it cannot start with %j', async (options, message) => {
  await expect(startServer({ data: server.data, ...options })).rejects.toThrow(message);
});

it('lets users take turns, and reads without waiting for changes', async () => {
  const held: (() => void)[] = [];
  const begun: string[] = [];
  const hold = async (what: string): Promise<never[]> => {
    begun.push(what);
    await new Promise<void>((resolve) => held.push(resolve));
    return [];
  };
  const time = Date.now();
  const store = {
    readsAtOnce: 1,
    async read(sql, ...values) {
      // In this test the token is the user's id.
      if (sql === findTokenSql) return [{ user_id: tokens.get(`${values[0]}`) ?? null, expires_at: time * 2 }];
      return hold(`read of ${values.find((value) => [...tokens.values()].includes(`${value}`))}`);
    },
    transact: () => hold('change'),
  } as Partial<Store> as Store;
  const tokens = new Map(['many', 'few'].map((userId) => [hashToken(userId), userId]));
  const services = { store, ids: {} as IdSource, keys: fixedKeys(), now: () => time, maxDevicesPerUser: 1 };
  const { server: api, load } = createApi(services, () => {});
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const send = (userId: string, method: string, path: string): Promise<Response> =>
    fetch(urlOf(api) + path, {
      method,
      headers: {
        Authorization: `Bearer ${userId}`,
        'X-User-Id': userId,
        'X-Date': xDate(time - 1000),
        'Content-Type': 'application/json',
      },
      ...(method === 'POST' && { body }),
    });
  const list = `${operation('listBackupRecord').path}?moduleCode=101&pageSize=1`;
  const sent = [send('many', 'GET', list)];
  await expect.poll(() => begun.length).toBe(1);
  sent.push(send('many', 'GET', list), send('many', 'GET', list));
  await expect.poll(load).toMatchObject({ waitingReads: 2 });
  sent.push(send('few', 'GET', list), send('few', 'POST', lock));
  await expect.poll(() => begun).toEqual(['read of many', 'change']);
  await expect.poll(load).toMatchObject({ waitingReads: 3, waitingChanges: 0 });
  const all = Promise.all(sent);
  for (let ended = 0; ended < sent.length; ended++) {
    await expect.poll(() => held.length).toBeGreaterThan(0);
    held.shift()?.();
  }
  await all;
  expect(begun).toEqual(['read of many', 'change', 'read of many', 'read of few', 'read of many']);
  api.close();
  api.closeAllConnections();
});
