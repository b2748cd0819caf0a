import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lockHeader, succeed } from '../../test/calls.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { backUp, restore, verify } from './backup.ts';
import { schemaVersion } from './migrations.ts';
import { openStorage } from './open-store.ts';

let folder: string;
let data: string;
let database: string;
let copy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  data = join(folder, 'data');
  database = join(data, 'records.sqlite');
  copy = join(folder, 'copy');
});

async function start(at: string): Promise<TestServer> {
  const server = await startTestServer({ data: at });
  onTestFinished(() => server.close());
  return server;
}

/** Creates an empty store. */
async function makeStore(at: string = data): Promise<void> {
  const { store } = await openStorage({ data: at });
  await store.close();
}

/** Creates records until it is stopped, several at a time, and collects those that were acknowledged. */
function createRecords(
  server: TestServer,
  user: User,
  headers: Record<string, string>,
): { created: string[]; stop: () => Promise<void> } {
  const created: string[] = [];
  let isStopping = false;
  const clients = Array.from({ length: 8 }, async () => {
    while (!isStopping) {
      const body = { moduleCode: '101', deviceId: '1', properties: JSON.stringify({ a: 'x'.repeat(5000) }) };
      const record = await succeed(server, user, 'createBackupRecord', { headers, body });
      created.push(record.recordId);
    }
  });
  return {
    created,
    async stop() {
      isStopping = true;
      await Promise.all(clients);
    },
  };
}

it('copies everything that was acknowledged before, under load, and serves it after a restore', async () => {
  const server = await start(data);
  const user = await server.newUser();
  const load = createRecords(server, user, await lockHeader(server, user));
  const copies: { file: string; acknowledged: string[] }[] = [];
  for (let i = 1; i <= 3; i++) {
    const before = load.created.length;
    await expect.poll(() => load.created.length).toBeGreaterThan(before + 40);
    const file = join(folder, `copy-${i}`);
    copies.push({ file, acknowledged: [...load.created] });
    backUp(database, file);
    expect(await verify(file, { data })).toMatchObject({ schemaVersion });
    await expect(restore(file, { data })).rejects.toThrow(`cannot use ${data}: it is in use`);
  }
  await load.stop();
  await server.close();
  // In reverse order: an older copy that replaces a newer one must not have any of its records.
  for (const { file, acknowledged } of copies.reverse()) {
    const { records, aside } = await restore(file, { data });
    expect(aside).toMatch(/records\.sqlite-before-\d{8}T\d{9}Z$/);
    expect(existsSync(`${aside}`)).toBe(true);
    expect(records).toBeGreaterThanOrEqual(acknowledged.length);
    const restored = await start(data);
    for (const recordId of acknowledged) await succeed(restored, user, 'getBackupRecord', { path: { recordId } });
    expect(records).toBeLessThan(load.created.length + 1);
    await succeed(restored, user, 'listBoundDevice', { with: 'app' });
    await lockHeader(restored, await restored.newUser());
    await restored.close();
  }
});

it('a restore is refused while another process serves, and accepted after that was killed', async () => {
  await makeStore();
  backUp(database, copy);
  await using server = await startProcess({ data });
  await expect(restore(copy, { data })).rejects.toThrow(
    'it is in use: stop the servers and commands that have it open',
  );
  await server.kill('SIGKILL');
  expect(await restore(copy, { data })).toMatchObject({ records: 0 });
});

it('writes a file for its owner only, overwrites none, and leaves no other file', async () => {
  await makeStore();
  backUp(database, copy);
  if (process.platform !== 'win32') expect(statSync(copy).mode & 0o777).toBe(0o600);
  const bytes = readFileSync(copy);
  expect(() => backUp(database, copy)).toThrow(`${copy} exists already, and is not overwritten`);
  expect(() => backUp(database, join(folder, 'none', 'copy'))).toThrow('ENOENT');
  expect(() => backUp(join(data, 'none'), join(folder, 'other'))).toThrow('there is no database');
  expect(readFileSync(copy)).toEqual(bytes);
  expect(readdirSync(folder).sort()).toEqual(['copy', 'data']);
});

it('leaves no copy of a damaged database', async () => {
  await makeStore();
  damage(database);
  expect(() => backUp(database, copy)).toThrow(/malformed|not a database/);
  expect(readdirSync(folder)).toEqual(['data']);
});

/** Overwrites all pages but the first. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096);
  writeFileSync(file, bytes);
}

function change(file: string, sql: string): void {
  const opened = new DatabaseSync(file);
  opened.exec(sql);
  opened.close();
}

describe('a copy', () => {
  beforeEach(async () => {
    await makeStore();
    backUp(database, copy);
  });

  it.each<[string, () => void, RegExp]>([
    ['is damaged', () => damage(copy), /copy is not sound: /],
    ['is cut', () => writeFileSync(copy, readFileSync(copy).subarray(0, 9000)), /copy is not sound: /],
    ['is not a database', () => writeFileSync(copy, 'text'), /copy is not sound: file is not a database/],
    ['is empty', () => writeFileSync(copy, ''), /copy is not sound: no such table: schema_version/],
    ['does not exist', () => rmSync(copy), /there is no file .*copy/],
    [
      'is of a newer server',
      () => change(copy, 'UPDATE schema_version SET version = 1000'),
      /schema version 1000, of a newer/,
    ],
    [
      'has another key',
      () => change(copy, "UPDATE settings SET value = 'x'"),
      /the key that .*copy was made with is not in the key file/,
    ],
    ['has no key', () => rmSync(join(data, 'key')), /the key file .* is missing/],
  ])('that %s is refused, and does not replace the database', async (_, spoil, message) => {
    spoil();
    const before = readFileSync(database);
    await expect(verify(copy, { data })).rejects.toThrow(message);
    await expect(restore(copy, { data })).rejects.toThrow(message);
    expect(readFileSync(database)).toEqual(before);
    expect(
      readdirSync(data)
        .filter((name) => name !== 'key')
        .sort(),
    ).toEqual(['lock', 'records.sqlite']);
  });

  it('is restored if there is no database, or only the log of one', async () => {
    const key = readFileSync(join(data, 'key'), 'utf8').trim();
    const empty = join(folder, 'empty');
    expect(await restore(copy, { data: empty, key })).toEqual({ schemaVersion, records: 0, aside: undefined });
    await (await openStorage({ data: empty, key })).store.close();
    const half = join(folder, 'half');
    mkdirSync(half);
    writeFileSync(join(half, 'records.sqlite-wal'), 'the last records');
    const { aside } = await restore(copy, { data: half, key });
    expect(readFileSync(`${aside}-wal`, 'utf8')).toBe('the last records');
    await (await openStorage({ data: half, key })).store.close();
  });

  it('includes the log beside it', async () => {
    // A copy by other means: the files of a server that was killed.
    await using server = await startProcess({ data });
    change(
      database,
      "INSERT INTO records (record_id, user_id, module_code, device_id, status, version) VALUES (7, 'u', '101', '1', 0, 1)",
    );
    await server.kill('SIGKILL');
    const other = join(folder, 'other');
    for (const end of ['', '-wal']) copyFileSync(database + end, other + end);
    const bytes = (): Buffer[] => ['', '-wal'].map((end) => readFileSync(other + end));
    const before = bytes();
    expect(await verify(other, { data })).toMatchObject({ records: 1 });
    expect(await restore(other, { data })).toMatchObject({ records: 1 });
    // Reading it must not change it, not even by moving its log into the database.
    expect(bytes()).toEqual(before);
    expect(await verify(database, { data })).toMatchObject({ records: 1 });
  });
});
