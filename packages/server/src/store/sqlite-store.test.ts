import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { type Row, type StoreOptions, StoreUnavailable } from './store.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-sqlite-'));
  file = join(folder, 'records.sqlite');
  return () => rmSync(folder, { recursive: true, force: true });
});

async function open(options?: StoreOptions): Promise<TestStore> {
  const store = await openTestStore({ data: folder }, options);
  onTestFinished(() => store.close());
  return store;
}

const add = (store: TestStore, name: string, value = 'v'): Promise<Row[]> =>
  store.transact('query', 'INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
const namesIn = async (store: TestStore): Promise<unknown[]> =>
  (await store.read("SELECT name FROM settings WHERE name <> 'checked' ORDER BY name")).map(({ name }) => name);
const many = (store: TestStore, name: string, value?: string): Promise<Row[]>[] =>
  Array.from({ length: 20 }, (_, i) => add(store, `${name}${i}`, value));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts the commits in a log: the frames that end one (https://sqlite.org/walformat.html). */
function commitsIn(log: Buffer): number {
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisLog = log.readBigUInt64BE(at + 8) === log.readBigUInt64BE(16);
    if (isOfThisLog && log.readUInt32BE(at + 4) > 0) commits++;
  }
  return commits;
}

/** Opens a connection that keeps others from writing until it is closed. */
function lockOut(): DatabaseSync {
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  return other;
}

it('has each commit synced to disk before it reports it', async () => {
  const store = await open();
  // 2 is FULL: the log is synced after each commit (https://sqlite.org/pragma.html#pragma_synchronous).
  expect(await store.transact('query', 'PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
  expect(await store.transact('query', 'PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
});

it('has everything that it reported in its files, as after a crash', async () => {
  const store = await open();
  const copy = `${file}-after-crash`;
  for (const name of ['a', 'b', 'c']) {
    await add(store, name);
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    const recovered = new DatabaseSync(copy);
    expect(recovered.prepare('SELECT value FROM settings WHERE name = ?').get(name)).toEqual({ value: 'v' });
    recovered.close();
  }
});

it('commits all work of one turn together, and reports nothing before that', async () => {
  const commits: number[] = [];
  const store = await open({ onCommit: (_ms, changes) => commits.push(changes) });
  const other = new DatabaseSync(file, { readOnly: true });
  const find = other.prepare('SELECT name FROM settings WHERE name = ?');
  commits.length = 0;
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      add(store, `n${i}`).then(() => expect(find.get(`n${i}`)).toEqual({ name: `n${i}` })),
    ),
  );
  expect(commits).toEqual([50]);
  other.close();
});

it('does not block its caller while it waits for the database, and commits later work together', async () => {
  const store = await open();
  const other = lockOut();
  const before = commitsIn(readFileSync(`${file}-wal`));
  const works: Promise<unknown>[] = [];
  for (let i = 0; i < 10; i++) {
    works.push(add(store, `n${i}`));
    await turn();
  }
  other.exec('COMMIT');
  other.close();
  await Promise.all(works);
  // The first transaction waited, alone or with some others, and all later ones shared the next commit.
  const commits = commitsIn(readFileSync(`${file}-wal`)) - before;
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThanOrEqual(2);
});

it('writes to check whether it can write', async () => {
  const store = await open();
  const before = commitsIn(readFileSync(`${file}-wal`));
  await store.check();
  await store.check();
  expect(commitsIn(readFileSync(`${file}-wal`)) - before).toBe(2);
});

it('cuts its log once a long read no longer needs it', async () => {
  const store = await open();
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT 1 FROM settings');
  const large = 'x'.repeat(1_000_000);
  for (let i = 0; i < 20; i++) await add(store, `large ${i}`, large);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(20_000_000);
  reader.close();
  // The first change puts the log into the database, and the second one begins the log again.
  await add(store, 'a');
  await add(store, 'b');
  expect(statSync(`${file}-wal`).size).toBeLessThanOrEqual(16 * 1024 * 1024);
});

it('reports to each caller the result of their own work', async () => {
  const store = await open();
  await add(store, 'taken');
  const [added, refused, kept] = await Promise.allSettled([add(store, 'a'), add(store, 'taken'), add(store, 'b')]);
  const [seen, wrong, one] = await Promise.allSettled([
    namesIn(store),
    store.read('SELECT 1 FROM nowhere'),
    store.read('SELECT 1 AS one'),
  ]);
  expect(added).toEqual({ status: 'fulfilled', value: [] });
  expect(refused).toMatchObject({ reason: { message: expect.stringContaining('UNIQUE constraint failed') } });
  expect(kept).toEqual({ status: 'fulfilled', value: [] });
  expect(seen).toEqual({ status: 'fulfilled', value: ['a', 'b', 'taken'] });
  expect(wrong).toMatchObject({ reason: { message: 'no such table: nowhere' } });
  expect(one).toEqual({ status: 'fulfilled', value: [{ one: 1 }] });
  for (const { reason } of [refused, wrong] as PromiseRejectedResult[])
    expect(reason).not.toBeInstanceOf(StoreUnavailable);
});

it('reads while a change waits for the disk', async () => {
  const store = await open();
  await add(store, 'before');
  const other = lockOut();
  let isDone = false;
  const change = add(store, 'waits').then(() => {
    isDone = true;
  });
  expect(await namesIn(store)).toEqual(['before']);
  expect(isDone).toBe(false);
  other.exec('COMMIT');
  other.close();
  await change;
  expect(await namesIn(store)).toEqual(['before', 'waits']);
});

it('refuses to change anything in a read', async () => {
  const store = await open();
  await expect(store.read("DELETE FROM settings WHERE name = 'a'")).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining('readonly'),
    fate: undefined,
  });
});

it('refuses work while it is full, goes on reading, and accepts work again when there is room', async () => {
  const store = await open();
  const [{ page_count } = {}] = await store.transact('query', 'PRAGMA page_count');
  await store.transact('query', `PRAGMA max_page_count = ${Number(page_count) + 3}`);
  const large = 'x'.repeat(2000);
  for (const result of await Promise.allSettled(many(store, 'a', large)))
    expect(result).toMatchObject({ reason: { name: 'StoreUnavailable', fate: 'not done' } });
  expect(await namesIn(store)).toEqual([]);
  await store.transact('query', 'PRAGMA max_page_count = 100000');
  await Promise.all(many(store, 'b', large));
  expect(await namesIn(store)).toHaveLength(20);
});

it('refuses work while another process keeps writing, goes on reading, and accepts work again afterwards', async () => {
  const store = await open();
  // How long it waits for the other process.
  expect(await store.transact('query', 'PRAGMA busy_timeout')).toEqual([{ timeout: 2000 }]);
  await store.transact('query', 'PRAGMA busy_timeout = 1');
  const other = lockOut();
  await expect(add(store, 'a')).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done' });
  await expect(store.check()).rejects.toThrow(StoreUnavailable);
  expect(await namesIn(store)).toEqual([]);
  other.exec('ROLLBACK');
  other.close();
  await add(store, 'b');
  await store.check();
  expect(await namesIn(store)).toEqual(['b']);
});

it('refuses all work that shares a commit if its file was removed, and reports that', async () => {
  const store = await open();
  await add(store, 'before');
  rmSync(file);
  for (const result of await Promise.allSettled(many(store, 'n'))) {
    expect(result).toMatchObject({ reason: { name: 'StoreUnavailable', fate: 'not done' } });
  }
  await expect(store.check()).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: `SQLite: ${file} was removed while it was open, so nothing more is stored. Put it back, or restart the server to go on with the files that are there now`,
  });
  expect(await namesIn(store)).toEqual(['before']);
});

it('refuses an unknown transaction, and names it', async () => {
  const store = await open();
  const results = await Promise.allSettled([store.transact('unknown' as 'query', 'DELETE FROM x'), add(store, 'a')]);
  expect(results).toEqual([
    { status: 'rejected', reason: new TypeError('there is no transaction unknown') },
    { status: 'fulfilled', value: [] },
  ]);
});

it('names the file that cannot be opened', async () => {
  writeFileSync(file, 'no database, but a text that is long enough to be taken for the header of one by mistake');
  await expect(openSqliteStore(file)).rejects.toThrow(`cannot open ${file}: file is not a database`);
  const nowhere = join(file, 'nowhere');
  await expect(openSqliteStore(nowhere)).rejects.toThrow(`cannot open ${nowhere}: `);
});
