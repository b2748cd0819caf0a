import { describe, expect, it, onTestFinished } from 'vitest';
import { call, refusedWith } from '../../test/calls.ts';
import { describeEngines } from '../../test/engines.ts';
import type { TestStorage } from '../../test/storage.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { type OpenStorage, openStorage } from '../store/open-store.ts';
import { type App, issueApp, newApp } from './apps.ts';
import { type CredentialOptions, listCredentials, revokeCredentials } from './credentials.ts';
import { hashToken, issueToken, newToken } from './tokens.ts';

const start = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;

async function open({ data, databaseUrl }: TestStorage): Promise<OpenStorage> {
  const opened = await openStorage({ data, ...(databaseUrl && { databaseUrl }) });
  onTestFinished(() => opened.store.close());
  return opened;
}

async function serve({ data, databaseUrl }: TestStorage): Promise<TestServer> {
  const server = await startTestServer({ data, ...(databaseUrl && { databaseUrl }) });
  onTestFinished(() => server.close());
  return server;
}

async function token(storage: OpenStorage, user: string, options: CredentialOptions = {}, at = start): Promise<string> {
  const made = newToken();
  await issueToken(storage.store, made, user, options, at);
  return made;
}

async function app(storage: OpenStorage, user: string, options: CredentialOptions = {}, at = start): Promise<App> {
  const made = newApp();
  await issueApp(storage.store, storage.keys, made, user, options, at);
  return made;
}

const statusOf = async (server: TestServer, user: User, way: 'token' | 'app'): Promise<number> =>
  (await call(server, user, 'listBoundDevice', { with: way })).status;

describeEngines((make) => {
  it('credentials are listed in the order in which they were issued, without secrets', async () => {
    using place = await make();
    const storage = await open(place);
    const second = await token(storage, 'b', {}, start + 2);
    const first = await token(storage, 'a', { name: 'ü — my laptop', expiresAt: start + 5 * minute }, start + 1);
    const tokens = await listCredentials(storage.store, 'token', undefined, start + 3);
    expect(tokens).toEqual([
      {
        id: Buffer.from(hashToken(first), 'base64url').toString('hex').slice(0, 18),
        user: 'a',
        name: 'ü — my laptop',
        issued: '2026-11-23T12:00:00.001Z',
        expires: '2026-11-23T12:05:00.000Z',
        unusedUntil: '2026-11-23T12:05:00.000Z',
      },
      {
        id: expect.stringMatching(/^[\da-f]{18}$/),
        user: 'b',
        name: null,
        issued: '2026-11-23T12:00:00.002Z',
        expires: null,
        unusedUntil: '2026-11-23T12:20:00.002Z',
      },
    ]);

    const named = await app(storage, 'a', { name: 'n', expiresAt: start + minute });
    const plain = await app(storage, 'b', {}, start + 1);
    const apps = await listCredentials(storage.store, 'app', undefined, start + 2);
    expect(apps).toEqual([
      {
        id: named.appId,
        user: 'a',
        name: 'n',
        issued: '2026-11-23T12:00:00.000Z',
        expires: '2026-11-23T12:01:00.000Z',
        unusedUntil: null,
      },
      { id: plain.appId, user: 'b', name: null, issued: '2026-11-23T12:00:00.001Z', expires: null, unusedUntil: null },
    ]);
    const printed = JSON.stringify([tokens, apps]);
    for (const secret of [first, second, named.appSecret, plain.appSecret]) expect(printed).not.toContain(secret);
  });

  it('credentials can be listed for one user, until they have expired', async () => {
    using place = await make();
    const storage = await open(place);
    const usersOf = async (kind: 'token' | 'app', user: string | undefined, now: number): Promise<string[]> =>
      (await listCredentials(storage.store, kind, user, now)).map((listed) => listed.user);
    for (const issue of [token, app]) {
      await issue(storage, 'a', { expiresAt: start + minute });
      await issue(storage, 'b', {}, start + 1);
    }
    for (const kind of ['token', 'app'] as const) {
      expect(await usersOf(kind, undefined, start + minute - 1)).toEqual(['a', 'b']);
      expect(await usersOf(kind, undefined, start + minute)).toEqual(['b']);
      expect(await usersOf(kind, 'a', start)).toEqual(['a']);
      expect(await usersOf(kind, 'b', start)).toEqual(['b']);
      expect(await usersOf(kind, 'nobody', start)).toEqual([]);
      expect(await usersOf(kind, '%', start)).toEqual([]);
    }
    expect(await usersOf('token', 'b', start + 20 * minute + 1)).toEqual([]);
    expect(await usersOf('app', 'b', start + 1000 * minute)).toEqual(['b']);
  });

  it('credentials are refused by every server within a second after they were revoked, and others stay valid', async () => {
    using place = await make();
    const { store } = await open(place);
    const servers = [await serve(place), await serve(place)];
    const [first = expect.fail()] = servers;
    const [user, other] = [await first.newUser(), await first.newUser()];
    for (const server of servers) {
      // The second server remembers the token without having prolonged it.
      expect(await statusOf(server, user, 'token')).toBe(200);
    }
    const ids = async (kind: 'token' | 'app') =>
      (await listCredentials(store, kind, user.id, start)).map(({ id }) => id);
    const tokens = await ids('token');
    expect(await revokeCredentials(store, 'token', [...tokens, ...tokens, 'f'.repeat(18)])).toEqual(['f'.repeat(18)]);
    expect(await revokeCredentials(store, 'app', await ids('app'))).toEqual([]);
    expect(await ids('token')).toEqual([]);
    for (const server of servers) {
      expect(await statusOf(server, user, 'app')).toBe(401);
      server.time += 1000;
      expect(await statusOf(server, user, 'token')).toBe(401);
      for (const way of ['token', 'app'] as const) expect(await statusOf(server, other, way)).toBe(200);
    }
    expect(await revokeCredentials(store, 'token', tokens)).toEqual(tokens);
    expect(await revokeCredentials(store, 'app', ['f'.repeat(64)])).toEqual(['f'.repeat(64)]);
  });

  it('credentials end at the given time, even if they are in use, and not earlier', async () => {
    using place = await make();
    const server = await serve(place);
    const options = { expiresAt: start + 50 * minute };
    const user = {
      id: 'u',
      token: await server.issueToken('u', options),
      app: await server.issueApp('u', options),
    };
    for (let time = 0; time < 50; time += 10) {
      server.time = start + time * minute;
      for (const way of ['token', 'app'] as const) expect(await statusOf(server, user, way)).toBe(200);
    }
    server.time = start + 50 * minute - 1;
    for (const way of ['token', 'app'] as const) expect(await statusOf(server, user, way)).toBe(200);
    server.time += 1;
    for (const way of ['token', 'app'] as const) {
      const answer = await call(server, user, 'listBoundDevice', { with: way });
      expect(refusedWith(401, answer, 401)).toContain('is no valid credential');
    }
  });

  it('credentials end at the given time even if that is in less than 20 minutes', async () => {
    using place = await make();
    const server = await serve(place);
    const user = { ...(await server.newUser()), token: '' };
    user.token = await server.issueToken(user.id, { expiresAt: start + 1 });
    expect(await statusOf(server, user, 'token')).toBe(200);
    server.time += 1;
    expect(await statusOf(server, user, 'token')).toBe(401);
  });
});

describe('a program without types', () => {
  const wrong: [object, RegExp][] = [
    [{ name: '' }, /^name must be 1 to 100 characters/],
    [{ name: 'x'.repeat(101) }, /^name must be/],
    [{ name: '\u001b[2J' }, /^name must be/],
    [{ name: 'two\nlines' }, /^name must be/],
    [{ name: 'turned \u202e round' }, /^name must be/],
    [{ name: 7 }, /^name must be/],
    [{ expiresAt: 0 }, /^expiresAt must be a time in the future/],
    [{ expiresAt: start }, /^expiresAt must be/],
    [{ expiresAt: start + 0.5 }, /^expiresAt must be/],
    [{ expiresAt: new Date(start + minute) }, /^expiresAt must be/],
    [{ expiresAt: Number.NaN }, /^expiresAt must be/],
    [{ expiresAt: Number.POSITIVE_INFINITY }, /^expiresAt must be/],
    [{ expiresAt: `${start + minute}` }, /^expiresAt must be/],
  ];

  it('gets an error that names the invalid argument', async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    for (const [options, message] of wrong) {
      for (const issuing of [server.issueToken('u', options), server.issueApp('u', options)]) {
        const error = await issuing.catch((refused: unknown) => refused);
        expect(error, JSON.stringify(options)).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(message);
      }
    }
    const { store } = await openStorage({ data: server.data });
    expect(await listCredentials(store, 'token', undefined, start)).toEqual([]);
    await store.close();
    await server.issueToken('u', { name: '🔑'.repeat(100), expiresAt: start + 1 });
  });

  it('gets no error that quotes a possible credential', async () => {
    const storage = {} as OpenStorage['store'];
    const secret = newToken();
    for (const id of [secret, `${secret}\n`, secret.slice(0, 17), 'F'.repeat(18), '']) {
      const error = await revokeCredentials(storage, 'token', ['f'.repeat(18), id]).catch(
        (refused: unknown) => refused,
      );
      expect((error as Error).message).toBe('an id must be one that token list prints: 18 hex digits');
    }
    await expect(revokeCredentials(storage, 'app', [secret])).rejects.toThrow(
      'an id must be one that app list prints: 64 hex digits',
    );
  });
});
