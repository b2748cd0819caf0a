import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, lockHeader, refusedWith, succeed } from '../../test/calls.ts';
import { describeEngines } from '../../test/engines.ts';
import type { TestStorage } from '../../test/storage.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { type OpenStorage, openStorage } from '../store/open-store.ts';
import type { StorageOptions } from '../store/storage-options.ts';
import { issueApp, newApp } from './apps.ts';
import { decrypt, encrypt, keysOf } from './keys.ts';
import { prepareKey, useNewestKey } from './rotate-key.ts';

const optionsOf = ({ data, databaseUrl }: TestStorage): StorageOptions => ({
  data,
  ...(databaseUrl && { databaseUrl }),
});

async function start(storage: StorageOptions): Promise<TestServer> {
  const server = await startTestServer(storage);
  onTestFinished(() => server.close());
  return server;
}

async function open(storage: StorageOptions): Promise<OpenStorage> {
  const opened = await openStorage(storage);
  onTestFinished(() => opened.store.close());
  return opened;
}

/** Rotates the key as the command does. */
async function rotate(storage: StorageOptions): Promise<number> {
  const { store, keySource } = await open(storage);
  await prepareKey(store, keySource);
  return useNewestKey(store, keySource);
}

async function makeRecords(server: TestServer, user: User, count: number): Promise<void> {
  const headers = await lockHeader(server, user);
  for (let i = 0; i < count; i++) {
    await succeed(server, user, 'createBackupRecord', { headers, body: { moduleCode: '101', deviceId: '1' } });
  }
}

/** Reads a page of one record with an app signature. */
async function page(server: TestServer, user: User, cursor?: string): Promise<string | undefined> {
  const query = { moduleCode: '101', pageSize: '1', ...(cursor !== undefined && { cursor }) };
  const { status, text, envelope } = await call(server, user, 'listBackupRecord', { with: 'app', query });
  expect(status, text).toBe(200);
  return envelope.nextCursor;
}

/** Reads a list to its end, each page from another server. Returns the number of its pages. */
async function readList(servers: TestServer[], user: User): Promise<number> {
  let cursor: string | undefined;
  for (let pages = 1; ; pages++) {
    const server = servers[pages % servers.length] ?? expect.fail('there is no server');
    cursor = await page(server, user, cursor);
    if (cursor === undefined) return pages;
  }
}

/** Reads lists again and again, as several clients, until it is stopped. */
function readLists(servers: TestServer[], users: User[]): { count: () => number; stop: () => Promise<void> } {
  let count = 0;
  let isStopping = false;
  const clients = users.map(async (user) => {
    while (!isStopping) {
      expect(await readList(servers, user)).toBe(5);
      count += 1;
    }
  });
  const all = Promise.all(clients);
  // Awaited at the end of the test.
  all.catch(() => {});
  return {
    count: () => count,
    async stop() {
      isStopping = true;
      await all;
    },
  };
}

async function makeUsers(server: TestServer): Promise<User[]> {
  const users = await Promise.all(Array.from({ length: 4 }, () => server.newUser()));
  for (const user of users) await makeRecords(server, user, 5);
  return users;
}

describeEngines((make) => {
  it('refuses nothing while the key is rotated again and again, and servers run', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const servers = [await start(storage), await start(storage)];
    const [first = expect.fail()] = servers;
    const load = readLists(servers, await makeUsers(first));
    for (let rotations = 0; rotations < 3; rotations++) {
      const before = load.count();
      expect(await rotate(storage)).toBe(4);
      await expect.poll(load.count).toBeGreaterThan(before + 8);
    }
    // An app that is issued by a server that has not used the new key yet.
    const late = await first.newUser();
    await load.stop();
    await makeRecords(first, late, 5);
    expect(await readList(servers, late)).toBe(5);
    const after = await start(storage);
    expect(await readList([after], late)).toBe(5);
  });

  it('leaves no secret that an older key opens', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const { store, keys } = await open(storage);
    const before = keys.current;
    for (let i = 0; i < 3; i++) await issueApp(store, keys, newApp(), 'u', {}, Date.now());
    expect(await rotate(storage)).toBe(3);
    // This key ring has not read the new key yet.
    expect(keys.current).toBe(before);
    await issueApp(store, keys, newApp(), 'u', {}, Date.now());
    expect(keys.current).not.toBe(before);
    const apps = await store.read('SELECT app_id, secret FROM apps');
    expect(apps).toHaveLength(4);
    for (const { app_id, secret } of apps) {
      expect(decrypt(before.secrets, String(secret), String(app_id))).toBeUndefined();
      expect(decrypt(keys.current.secrets, String(secret), String(app_id))).toMatch(/^[\da-f]{64}$/);
    }
  });

  it('encrypts all secrets, even if there are more than it reads at a time', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const { store, keys } = await open(storage);
    const rows = Array.from({ length: 501 }, () => {
      const { appId, appSecret } = newApp();
      return `('${appId}', 'u', '${encrypt(keys.current.secrets, appSecret, appId)}')`;
    });
    await store.transact('query', `INSERT INTO apps (app_id, user_id, secret) VALUES ${rows.join()}`);
    expect(await rotate(storage)).toBe(501);
    await keys.refresh();
    for (const { app_id, secret } of await store.read('SELECT app_id, secret FROM apps')) {
      expect(decrypt(keys.current.secrets, String(secret), String(app_id))).toBeDefined();
    }
  });

  it('continues after an interruption with the same new key', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const server = await start(storage);
    const user = await server.newUser();
    const { store, keySource } = await open(storage);
    await prepareKey(store, keySource);
    await prepareKey(store, keySource);
    const prepared = await keySource.read();
    expect(prepared).toHaveLength(2);
    await makeRecords(server, user, 2);
    expect(await readList([server, await start(storage)], user)).toBe(2);
    // Everything except the encryption, as if the rotation had been interrupted here.
    const newest = keysOf(prepared[0] ?? expect.fail()).fingerprint;
    await store.transact('query', "UPDATE settings SET value = ? WHERE name = 'key'", newest);
    expect(await readList([server, await start(storage)], user)).toBe(2);
    expect(await useNewestKey(store, keySource)).toBe(1);
    expect(await useNewestKey(store, keySource)).toBe(0);
    expect(await keySource.read()).toEqual(prepared);
  });

  it('accepts keys as a text, and puts the first one to use', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const [older, newer] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const server = await start({ ...storage, key: `${older}` });
    const user = await server.newUser();
    await makeRecords(server, user, 2);
    await expect(rotate({ ...storage, key: `${older}` })).rejects.toThrow('cannot add a key to the given key');
    const both = { ...storage, key: `${newer} ${older}` };
    const next = await start(both);
    const cursor = await page(next, user);
    expect(await readList([server, next], user)).toBe(2);
    expect(await rotate(both)).toBe(1);
    await expect(openStorage({ ...storage, key: `${older}` })).rejects.toThrow(
      'the key that this database was made with is not in',
    );
    const alone = await start({ ...storage, key: `${newer}` });
    expect(await readList([alone], user)).toBe(2);
    // A cursor that was made with a removed key is refused.
    const query = { moduleCode: '101', pageSize: '1', cursor: cursor ?? '' };
    refusedWith(400, await call(alone, user, 'listBackupRecord', { query }));
  });

  it('reports in the log, and not to the client, that the key of an app is missing', async () => {
    using place = await make();
    const storage = optionsOf(place);
    const errors: unknown[] = [];
    const server = await startTestServer({ ...storage, onAnswer: ({ error }) => errors.push(error) });
    onTestFinished(() => server.close());
    const user = await server.newUser();
    const { store } = await open(storage);
    await store.transact('query', 'UPDATE apps SET secret = ?', 'AAAA');
    refusedWith(500, await call(server, user, 'listBoundDevice', { with: 'app' }), 500);
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('put the key back that it was encrypted with') }),
    ]);
  });
});

describe('on several machines', () => {
  it('refuses nothing if the next key is copied to all before it is used', async () => {
    // One store, and a folder with a key file for each machine.
    const folder = mkdtempSync(join(tmpdir(), 'koodrive-rotate-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const machines = ['key-a', 'key-b'].map((name) => ({ data: folder, keyFile: join(folder, name) }));
    const [a = expect.fail(), b = expect.fail()] = machines;
    const copyKey = (): void => {
      copyFileSync(a.keyFile, `${b.keyFile}-new`);
      renameSync(`${b.keyFile}-new`, b.keyFile);
    };
    const first = await start(a);
    copyKey();
    const servers = [first, await start(b)];
    const load = readLists(servers, await makeUsers(first));
    const { store, keySource } = await open(a);
    for (let rotations = 0; rotations < 2; rotations++) {
      const before = load.count();
      await prepareKey(store, keySource);
      await expect.poll(load.count).toBeGreaterThan(before + 8);
      copyKey();
      expect(await useNewestKey(store, keySource)).toBe(4);
      const used = load.count();
      await expect.poll(load.count).toBeGreaterThan(used + 8);
    }
    // The server must not forget a key while the file is half copied or missing for a moment.
    const whole = readFileSync(b.keyFile);
    writeFileSync(b.keyFile, whole.subarray(0, 20));
    const query = { moduleCode: '101', pageSize: '1', cursor: 'garbled' };
    refusedWith(400, await call(servers[1] ?? expect.fail(), await first.newUser(), 'listBackupRecord', { query }));
    const garbled = load.count();
    await expect.poll(load.count).toBeGreaterThan(garbled + 8);
    await load.stop();
  });
});
