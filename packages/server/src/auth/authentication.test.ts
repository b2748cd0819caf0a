import crypto from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { sendRaw, type WireAnswer } from '@koodrive-backup/testkit/raw-http';
import { xDate } from '@koodrive-backup/testkit/x-date';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { call, lockHeader, operation, refusedWith, succeed, targetOf } from '../../test/calls.ts';
import { fixedKeys } from '../../test/fixed-keys.ts';
import { sign } from '../../test/signing.ts';
import { isSoak } from '../../test/soak.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { openStorage } from '../store/open-store.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { findAppSql } from './apps.ts';
import { createAuthenticate } from './authentication.ts';
import { findTokenSql } from './tokens.ts';

const minute = 60_000;
let server: TestServer;
let user: User;
let other: User;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  [user, other] = await Promise.all([server.newUser(), server.newUser()]);
});
afterAll(() => server.close());

const list = (as: User, headers: Record<string, string | undefined> = {}, way: 'token' | 'app' = 'token') =>
  call(server, as, 'listBoundDevice', { headers, with: way });
const unknown = 'header.Authorization is no valid credential of the user in header.X-User-Id';
const outOfTime = 'header.X-Date must not be later than now, nor older than 15 minutes';
const turnedAway = (answer: WireAnswer): void => expect(refusedWith(401, answer, 401)).toBe(unknown);

describe('before anything else', () => {
  it.each(readContract(contract).operations)(
    '$id is refused without a credential, whatever else is wrong',
    async (operation) => {
      const { method, path } = operation;
      const target = path.replace(/\{\w+\}/, '%00');
      const start = `${method} ${target}?pageSize=x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n`;
      for (const more of [
        '',
        'Content-Type: text/plain\r\n',
        'Content-Type: ;\r\n',
        'Authorization: \r\n',
        'X-Date: 1\r\n',
      ]) {
        turnedAway(await sendRaw(server.url, `${start}${more}\r\n{`));
      }
    },
  );
});

describe('access token', () => {
  it.each(['Bearer ', 'bearer ', 'BEARER+', 'Bearer+', 'AT ', 'at ', 'AT+', 'aT+'])(
    'is accepted with %s in front',
    async (scheme) => {
      expect((await list(user, { Authorization: scheme + user.token })).status).toBe(200);
    },
  );

  it.each([
    '',
    'Basic ',
    'Bearer',
    'Bearer  ',
    'Bearer-',
    'Bearer,',
    'AT:',
    'ATS ',
    'Bearer +',
    'Bearer Bearer ',
    '"Bearer" ',
  ])('is refused with %j in front', async (scheme) => {
    turnedAway(await list(user, { Authorization: scheme + user.token }));
  });

  it('is accepted only as a whole', async () => {
    const { token } = user;
    const tampered = [
      token.slice(1),
      `${token}0`,
      token.toUpperCase(),
      `${token}, Bearer ${token}`,
      `${token}%00`,
      'ü',
      ' ',
    ];
    for (const text of tampered) turnedAway(await list(user, { Authorization: `Bearer ${text}` }));
  });

  it('is valid for its user only', async () => {
    for (const id of [other.id, 'nobody', `${user.id}, ${user.id}`, user.id.toUpperCase(), `${user.id}%20`]) {
      turnedAway(await list(user, { 'X-User-Id': id }));
    }
  });

  it('lasts for 20 minutes after each use', async () => {
    for (let uses = 0; uses < 3; uses++) {
      expect((await list(user)).status).toBe(200);
      server.time += 20 * minute - 1;
    }
    server.time += 21 * minute;
    turnedAway(await list(user));
  });

  it('lasts for 20 minutes if it is not used, and is not prolonged by a refused request', async () => {
    server.time += 19 * minute;
    turnedAway(await list(user, { 'X-User-Id': other.id }));
    refusedWith(401, await list(user, { 'X-Date': xDate(server.time - 16 * minute) }), 401);
    server.time += minute;
    turnedAway(await list(user));
  });

  it('stays valid after a restart of the server', async () => {
    server = await server.restart();
    expect((await list(user)).status).toBe(200);
    expect((await list(user, {}, 'app')).status).toBe(200);
  });
});

describe.each(['token', 'app'] as const)('X-Date, with %s', (way) => {
  beforeEach(() => {
    server.time = Math.ceil(server.time / 1000) * 1000;
  });

  it.each([0, 1, 15 * 60])('may be %i seconds old', async (seconds) => {
    expect((await listAt(server.time - seconds * 1000)).status).toBe(200);
  });

  it.each([-1, -3600, 15 * 60 + 1, 86_400])('must not be %i seconds old', async (seconds) => {
    expect(refusedWith(401, await listAt(server.time - seconds * 1000), 401)).toBe(outOfTime);
  });

  it('may be the current second, and must be a date that exists', async () => {
    server.time += 999;
    expect((await listAt(server.time)).status).toBe(200);
    const ahead = xDate(server.time + 1);
    expect(refusedWith(401, await listWith(ahead), 401)).toBe(outOfTime);
    const elsewhere = await startTestServer({ now: () => Date.UTC(2027, 2, 2) });
    const someone = await elsewhere.newUser();
    const request = { headers: { 'X-Date': '20270230T000000Z' } };
    const answer = await call(elsewhere, someone, 'listBoundDevice', request);
    await elsewhere.close();
    expect(refusedWith(401, answer, 401)).toBe(outOfTime);
  });

  const listAt = (time: number): Promise<WireAnswer> => listWith(xDate(time));
  const listWith = (date: string): Promise<WireAnswer> => {
    if (way === 'token') return list(user, { 'X-Date': date });
    return wire(signedRequest({ headers: { 'x-date': date } }));
  };
});

/** A request that is signed and then sent: to listBackupRecord by default. */
interface Signed {
  method: string;
  segments: string[];
  query: [string, string][];
  headers: Record<string, string>;
  body: string;
  authorization: string;
}

function signedRequest({ headers, app = user.app, ...change }: Partial<Signed> & { app?: User['app'] } = {}): Signed {
  const parts = {
    method: 'POST',
    segments: ['koodrive', 'ose', 'v1', 'backup', 'lock'],
    query: [['a', '1']] as [string, string][],
    body: '{"moduleCode":"100"}',
    ...change,
    headers: { 'x-date': xDate(server.time), 'x-extra': '1', 'x-user-id': user.id, ...headers },
  };
  return { ...parts, authorization: sign(app, parts) };
}

const wire = ({ method, segments, query, headers, body, authorization }: Signed): Promise<WireAnswer> => {
  const lines = Object.entries({ host: 'a', authorization, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const start = `${method} ${targetOf(segments, query)} HTTP/1.1\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return sendRaw(server.url, `${start}\r\n${lines.join('')}\r\n${body}`);
};

describe('app signature', () => {
  it('is accepted by every operation', async () => {
    const way = { with: 'app' } as const;
    const { deviceId } = await succeed(server, user, 'bindDevice', { ...way, body: { machineCode: 'm' } });
    await succeed(server, user, 'listBoundDevice', way);
    const headers = { 'x-backup-lock-id': (await lockHeader(server, user))['x-backup-lock-id'] };
    await succeed(server, user, 'renewalBackupLock', { ...way, headers });
    const body = { moduleCode: '101', deviceId };
    const { recordId } = await succeed(server, user, 'createBackupRecord', { ...way, headers, body });
    await succeed(server, user, 'getBackupRecord', { ...way, path: { recordId } });
    await succeed(server, user, 'listBackupRecord', { ...way, query: { moduleCode: '101', pageSize: '1', deviceId } });
    await succeed(server, user, 'completeBackup', { ...way, headers, path: { recordId }, body: {} });
    await succeed(server, user, 'deleteBackupRecord', { ...way, headers, path: { recordId } });
    await succeed(server, user, 'releaseBackupLock', { ...way, headers });
    await succeed(server, user, 'unbindDevice', { ...way, path: { deviceId } });
    await succeed(server, user, 'createBackupLock', { ...way, body: { moduleCode: '100' } });
  });

  it('is accepted if it is correct', async () => {
    expect((await wire(signedRequest())).status).toBe(200);
  });

  const tampered: [string, (request: Signed) => Partial<Signed>][] = [
    ['method', () => ({ method: 'PATCH' })],
    ['path', ({ segments }) => ({ segments: segments.with(-1, 'record') })],
    ['value in the query', () => ({ query: [['a', '2']] })],
    ['name in the query', () => ({ query: [['b', '1']] })],
    ['query, by an addition', ({ query }) => ({ query: [...query, ['b', '1']] })],
    ['query, by a repetition', ({ query }) => ({ query: [...query, ...query] })],
    ['query, by its removal', () => ({ query: [] })],
    ['X-Date', ({ headers }) => ({ headers: { ...headers, 'x-date': xDate(server.time - 1000) } })],
    ['X-User-Id', ({ headers }) => ({ headers: { ...headers, 'x-user-id': other.id } })],
    ['header that is signed too', ({ headers }) => ({ headers: { ...headers, 'x-extra': '2' } })],
    ['header that is signed too, by its removal', ({ headers: { 'x-extra': _, ...headers } }) => ({ headers })],
    ['body', () => ({ body: '{"moduleCode":"101"}' })],
    ['body, by white space', ({ body }) => ({ body: ` ${body}` })],
    ['body, by its removal', () => ({ body: '' })],
    ['names of the signed headers', renamed((names) => names.filter((name) => name !== 'x-extra'))],
    ['order of their names', renamed((names) => names.toReversed())],
    ['number of their names', renamed((names) => [...names, 'x-user-id'])],
    ['case of their names', renamed((names) => names.map((name) => name.toUpperCase()))],
    ['names, by one that is not sent', renamed((names) => [...names, 'x-zero'])],
    ['signature', rewritten(/Signature=./, (text) => `Signature=${text.endsWith('0') ? 1 : 0}`)],
    ['length of the signature', rewritten(/.$/, () => '')],
    ['case of the signature', rewritten(/[\da-f]{64}$/, (text) => text.toUpperCase())],
    ['app id', rewritten(/AppId=\w+/, () => `AppId=${other.app.appId}`)],
    ['app id, by one that nobody has', rewritten(/AppId=\w+/, () => 'AppId=nobody')],
    ['scheme', rewritten(/^HMAC-SHA256/, () => 'HMAC-SHA1')],
    ['form', rewritten(/,/g, () => ', ')],
  ];

  function renamed(change: (names: string[]) => string[]): (request: Signed) => Partial<Signed> {
    return rewritten(/(?<=SignedHeaders=)[^,]+/, (names) => change(names.split(';')).join(';'));
  }

  function rewritten(part: RegExp, change: (text: string) => string): (request: Signed) => Partial<Signed> {
    return ({ authorization }) => ({ authorization: authorization.replace(part, change) });
  }

  it.each(tampered)('is refused with another %s', async (_, change) => {
    const request = signedRequest();
    turnedAway(await wire({ ...request, ...change(request) }));
    expect((await wire(request)).status).toBe(200);
  });

  it('is refused with a body that was added to a GET', async () => {
    const request = signedRequest({ method: 'GET', segments: ['koodrive', 'ose', 'v1', 'backup', 'device'], body: '' });
    turnedAway(await wire({ ...request, body: '{}' }));
    expect((await wire(request)).status).toBe(200);
  });

  it('must cover X-Date and X-User-Id', async () => {
    for (const name of ['x-date', 'x-user-id']) {
      const request = signedRequest();
      const { [name]: value, ...headers } = request.headers;
      const authorization = sign(user.app, { ...request, headers });
      turnedAway(await wire({ ...request, authorization }));
      turnedAway(await wire({ ...request, authorization, headers: { ...headers, [name.toUpperCase()]: `${value}` } }));
    }
  });

  it('must cover headers at all', async () => {
    const request = signedRequest();
    const authorization = sign(user.app, { ...request, headers: {} });
    expect(authorization).toContain('SignedHeaders=,');
    turnedAway(await wire({ ...request, authorization }));
    // Naming headers is not enough. This signature still covers none, and the server computes just that signature if
    // the names break a rule.
    for (const names of [
      'x-date;x-user-id',
      'x-user-id;x-date',
      'x-date;x-date;x-user-id',
      'x-date;x-user-id;x-zero',
    ]) {
      turnedAway(await wire({ ...request, authorization: authorization.replace('=,', `=${names},`) }));
    }
  });

  it('is refused if a header that it covers is sent twice', async () => {
    const request = signedRequest();
    for (const value of ['1', '2', '']) {
      turnedAway(await wire({ ...request, headers: { ...request.headers, 'X-Extra': value } }));
      turnedAway(await wire({ ...request, headers: { 'X-Extra': value, ...request.headers } }));
    }
    expect((await wire(request)).status).toBe(200);
  });

  it('must not name a header twice, even if it covers it twice', async () => {
    const path = '/koodrive/ose/v1/backup/device';
    const headers = { 'x-date': xDate(server.time), 'x-user-id': user.id };
    const covered = (names: ('x-date' | 'x-user-id')[]): Promise<WireAnswer> => {
      const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
      const canonical = `GET\n${path}/\n\n${lines}\n${names.join(';')}\n${crypto.hash('sha256', '')}`;
      const text = `HMAC-SHA256\n${crypto.hash('sha256', canonical)}`;
      const signature = crypto.createHmac('sha256', user.app.appSecret).update(text).digest('hex');
      const authorization = `HMAC-SHA256 AppId=${user.app.appId},SignedHeaders=${names.join(';')},Signature=${signature}`;
      return list(user, { Authorization: authorization });
    };
    expect((await covered(['x-date', 'x-user-id'])).status).toBe(200);
    turnedAway(await covered(['x-date', 'x-date', 'x-user-id']));
    turnedAway(await covered(['x-date', 'x-user-id', 'x-user-id']));
    turnedAway(await covered(['x-user-id', 'x-date']));
  });

  it('must belong to the user in X-User-Id, whether that header is signed or not', async () => {
    turnedAway(await wire(signedRequest({ app: other.app })));
    turnedAway(await wire(signedRequest({ headers: { 'x-user-id': other.id } })));
    turnedAway(await wire(signedRequest({ headers: { 'x-user-id': 'nobody' } })));
    turnedAway(await wire(signedRequest({ app: { ...user.app, appSecret: other.app.appSecret } })));
  });

  it('accepts Host, and white space around a value, as clients send them', async () => {
    const request = signedRequest({ headers: { host: 'a', 'x-extra': '  1\t' } });
    expect((await wire(request)).status).toBe(200);
  });

  it('is accepted for any query if the independent implementation of the tests has created it', async () => {
    // Not fast-check's own arbitrary for any character, because creating that takes seconds.
    const anyCharacter = fc
      .nat(0x10ffff)
      .map((point) => String.fromCodePoint(point))
      .filter((it) => it.isWellFormed());
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...'%+&=?#/ ;:@!$\'()*,[]~"\\ü€'), anyCharacter),
      minLength: 1,
    });
    const deviceId = fc.string({ unit: fc.constantFrom(...'%+&=?#;:@!$\'()*,[]~"\\aZ09-._'), minLength: 1 });
    await fc.assert(
      fc.asyncProperty(text, deviceId, fc.array(fc.tuple(text, text)), async (cursor, device, more) => {
        const query: [string, string][] = [
          ['moduleCode', '101'],
          ['pageSize', '1'],
          ['cursor', cursor],
          ['deviceId', device],
          ...more,
        ];
        const request = signedRequest({
          method: 'GET',
          segments: ['koodrive', 'ose', 'v1', 'backup', 'record'],
          query,
          body: '',
        });
        // Authenticated, and then refused because of the cursor, or of a parameter that was sent twice.
        refusedWith(400, await wire(request));
        turnedAway(await wire({ ...request, query: query.with(2, ['cursor', `${cursor}+`]) }));
      }),
      { numRuns: isSoak ? 2000 : 20 },
    );
  });
});

describe('headers that are sent twice', () => {
  const send = (...extra: string[]): Promise<WireAnswer> => {
    const lines = ['GET /koodrive/ose/v1/backup/device HTTP/1.1', 'Host: a', ...extra];
    return sendRaw(server.url, `${lines.join('\r\n')}\r\n\r\n`);
  };
  const date = (): string => `X-Date: ${xDate(server.time)}`;

  it('are refused', async () => {
    const [mine, theirs] = [`Authorization: AT ${user.token}`, `Authorization: AT ${other.token}`];
    const [me, them] = [`X-User-Id: ${user.id}`, `X-User-Id: ${other.id}`];
    const late = `X-Date: ${xDate(server.time - 3_600_000)}`;
    expect((await send(mine, me, date())).status).toBe(200);
    for (const extra of [
      [mine, mine, me, date()],
      [mine, theirs, me, date()],
      [theirs, mine, me, date()],
      [mine, me, me, date()],
      [mine, me, them, date()],
      [mine, them, me, date()],
      [mine, me, date(), date()],
      [mine, me, date(), late],
      [mine, me, late, date()],
      [mine, me.replace('-', '_'), date()],
      [mine, `${me.replace(':', ':\t')}\u00a0`, date()],
      [mine, `X-User-Id: ${user.id.replace('u', 'ｕ')}`, date()],
    ]) {
      const answer = await send(...extra);
      expect([400, 401], answer.text).toContain(answer.status);
    }
  });
});

/** Authenticates requests with the server's store, but without the server, and records the calls of the store. */
async function watchedAuthenticate({
  isFull = false,
  isGone = false,
  error,
}: {
  isFull?: boolean;
  isGone?: boolean;
  error?: Error;
} = {}): Promise<{
  authenticate: (headers: Record<string, string>) => Promise<object>;
  asked: string[];
  close: () => Promise<void>;
}> {
  const { store, keys } = await openStorage({ data: server.data });
  const asked: string[] = [];
  const watched: Store = {
    ...store,
    read(sql, ...values) {
      asked.push(sql);
      return store.read(sql, ...values);
    },
    transact(name, ...args) {
      asked.push(name);
      if (error) return Promise.reject(error);
      if (isGone) return Promise.resolve(undefined as never);
      return isFull ? Promise.reject(new StoreUnavailable('full')) : store.transact(name, ...args);
    },
  };
  const authenticate = createAuthenticate(watched, keys, () => server.time);
  return {
    async authenticate(headers) {
      const request = new IncomingMessage(new Socket());
      Object.assign(request, { method: 'GET', url: '/a', rawHeaders: Object.entries(headers).flat() });
      Object.assign(request.headers, headers);
      Object.assign(request.headersDistinct, Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, [v]])));
      const authenticated = await authenticate({ operation: operation('listBoundDevice'), request });
      return typeof authenticated === 'function' ? authenticated(Buffer.alloc(0)) : authenticated;
    },
    asked,
    close: () => store.close(),
  };
}

describe('for users that exist and users that do not', () => {
  it('the work is the same', async () => {
    const { authenticate, asked, close } = await watchedAuthenticate();
    const hmacs = vi.spyOn(crypto, 'createHmac');
    const decryptions = vi.spyOn(crypto, 'createDecipheriv');
    // So that modules that import them by name get the spies.
    syncBuiltinESMExports();
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });

    async function workFor(headers: Record<string, string>): Promise<Record<string, unknown>> {
      asked.length = 0;
      hmacs.mockClear();
      decryptions.mockClear();
      const authentication = await authenticate(headers);
      const work = {
        asked: [...asked],
        signatures: hmacs.mock.calls.length,
        decryptions: decryptions.mock.calls.length,
      };
      return { ...authentication, ...work };
    }

    const base = { 'x-date': xDate(server.time), 'x-user-id': user.id };
    const signature = (app: User['app'], headers = base): string =>
      sign(app, { method: 'GET', segments: ['a'], query: [], headers, body: '' });
    const nobody = { appId: 'f'.repeat(64), appSecret: user.app.appSecret };
    const works = [
      await workFor({ ...base, authorization: signature({ ...user.app, appSecret: 'wrong' }) }),
      await workFor({ ...base, authorization: signature(nobody) }),
      await workFor({ ...base, authorization: signature(other.app) }),
      await workFor({ ...base, authorization: signature(user.app), 'x-user-id': 'nobody' }),
    ];
    // Only the log has the reason.
    const reason = expect.stringContaining('If a proxy is in front, it may have changed Host');
    expect(works.map((work) => work.reason)).toEqual([reason, reason, undefined, reason]);
    for (const { reason, ...work } of works) {
      expect(work).toEqual({ refusal: unknown, asked: [findAppSql], signatures: 1, decryptions: 1 });
    }
    // A remembered token saves a read for its own user only.
    expect(await workFor({ ...base, authorization: `AT ${user.token}` })).toMatchObject({ caller: user.id });
    const tokens = [
      await workFor({ ...base, authorization: `AT ${'0'.repeat(48)}` }),
      await workFor({ ...base, authorization: `AT ${other.token}` }),
      await workFor({ ...base, authorization: `AT ${user.token}`, 'x-user-id': 'nobody' }),
    ];
    for (const work of tokens) {
      expect(work).toEqual({ refusal: unknown, asked: [findTokenSql], signatures: 0, decryptions: 0 });
      expect(work).toEqual(tokens[0]);
    }
    expect(await workFor({ ...base, authorization: signature(user.app) })).toMatchObject({ caller: user.id });
    await close();
  });
});

describe('a token that has just been read', () => {
  const headersOf = ({ id, token }: User) => ({
    'x-date': xDate(server.time),
    'x-user-id': id,
    authorization: `AT ${token}`,
  });

  it('is read again after a second, and if the clock goes back', async () => {
    const { authenticate, asked, close } = await watchedAuthenticate();
    const inTurn: string[][] = [];
    for (const byMs of [0, 1, 998, 1, 0, -1]) {
      server.time += byMs;
      expect(await authenticate(headersOf(user))).toEqual({ caller: user.id });
      inTurn.push(asked.splice(0));
    }
    // It is prolonged only once until it is read again, not at each use.
    expect(inTurn).toEqual([[findTokenSql], ['prolongToken'], [], [findTokenSql], [], [findTokenSql]]);
    await close();
  });

  it('is remembered from when it was asked for, not from when the answer came', async () => {
    const asked: string[] = [];
    const store = {
      async read(sql: string) {
        asked.push(sql);
        // The read takes this long, and the token may be revoked meanwhile.
        server.time += 600;
        return [{ user_id: user.id, expires_at: String(server.time + 30 * minute), ends_at: null }];
      },
    } as unknown as Store;
    const authenticate = createAuthenticate(store, fixedKeys(), () => server.time);
    const use = async (): Promise<unknown> => {
      const request = new IncomingMessage(new Socket());
      Object.assign(request.headers, headersOf(user));
      return authenticate({ operation: operation('listBoundDevice'), request });
    };
    await use();
    server.time += 399;
    await use();
    expect(asked).toHaveLength(1);
    server.time += 1;
    await use();
    expect(asked).toHaveLength(2);
  });

  it('is refused if it no longer exists when it is to be prolonged', async () => {
    const { authenticate, close } = await watchedAuthenticate({ isGone: true });
    server.time += 1000;
    expect(await authenticate(headersOf(user))).toEqual({ refusal: unknown });
    expect(await authenticate(headersOf(user))).toEqual({ refusal: unknown });
    await close();
  });

  it('is not prolonged if it lasts until its own end already', async () => {
    const { authenticate, asked, close } = await watchedAuthenticate();
    const endsAt = server.time + 10 * minute;
    const someone = { ...user, token: await server.issueToken(user.id, { expiresAt: endsAt }) };
    for (let uses = 0; uses < 3; uses++) expect(await authenticate(headersOf(someone))).toEqual({ caller: user.id });
    expect(asked).toEqual([findTokenSql]);
    await close();
  });

  it('is not accepted after an error, except that of a store that cannot write now', async () => {
    const { authenticate, close } = await watchedAuthenticate({ error: new Error('a mistake') });
    server.time += 1000;
    await expect(authenticate(headersOf(user))).rejects.toThrow('a mistake');
    await close();
  });

  it('is prolonged once by all requests that use it at the same time', async () => {
    const { authenticate, asked, close } = await watchedAuthenticate();
    const someone = await server.newUser();
    server.time += 1000;
    const all = await Promise.all(Array.from({ length: 48 }, () => authenticate(headersOf(someone))));
    expect(all).toEqual(all.map(() => ({ caller: someone.id })));
    expect(asked.filter((name) => name === 'prolongToken')).toHaveLength(1);
    server.time += 2 * minute;
    await authenticate(headersOf(someone));
    expect(asked.filter((name) => name === 'prolongToken')).toHaveLength(2);
    await close();
  });

  it('is forgotten if 10,000 others were read since, and not earlier', async () => {
    let reads = 0;
    const store = {
      async read() {
        reads += 1;
        return [{ user_id: 'u', expires_at: String(server.time + 20 * minute) }];
      },
    } as unknown as Store;
    const authenticate = createAuthenticate(store, fixedKeys(), () => server.time);
    async function use(token: string): Promise<void> {
      const request = new IncomingMessage(new Socket());
      Object.assign(request.headers, { authorization: `AT ${token}`, 'x-user-id': 'u', 'x-date': xDate(server.time) });
      await authenticate({ operation: operation('listBoundDevice'), request });
    }
    for (let i = 0; i <= 10_000; i += 1) await use(`token-${i}`);
    expect(reads).toBe(10_001);
    await use('token-1');
    expect(reads).toBe(10_001);
    await use('token-0');
    expect(reads).toBe(10_002);
  });

  it('is accepted no longer than it lasts', async () => {
    const { authenticate, close } = await watchedAuthenticate({ isFull: true });
    server.time += 20 * minute - 1;
    expect(await authenticate(headersOf(user))).toEqual({ caller: user.id });
    server.time += 1;
    expect(await authenticate(headersOf(user))).toEqual({ refusal: unknown });
    await close();
  });
});
