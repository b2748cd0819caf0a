import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from './sqlite-store.ts';
import { type Store, StoreUnavailable } from './store.ts';

let file: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-sqlite-'));
  file = join(folder, 'records.sqlite');
  return () => rmSync(folder, { recursive: true, force: true });
});

const add = (store: Store, name: string): Promise<unknown> =>
  store.transact('query', 'INSERT INTO settings (name, value) VALUES (?, ?)', name, 'v');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How many commits a log holds: the frames that say so (https://sqlite.org/walformat.html). */
function commitsIn(log: Buffer): number {
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisLog = log.readBigUInt64BE(at + 8) === log.readBigUInt64BE(16);
    if (isOfThisLog && log.readUInt32BE(at + 4) > 0) commits++;
  }
  return commits;
}

it('lets its caller work on while it waits for the database, and commits what arrives meanwhile together', async () => {
  const store = await openSqliteStore(file);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const before = commitsIn(readFileSync(`${file}-wal`));
  const works: Promise<unknown>[] = [];
  for (let i = 0; i < 10; i++) {
    works.push(add(store, `n${i}`));
    await turn();
  }
  other.exec('COMMIT');
  other.close();
  await Promise.all(works);
  // The first one was being waited for, alone or with some, when the last one came.
  const commits = commitsIn(readFileSync(`${file}-wal`)) - before;
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThanOrEqual(2);
  await store.close();
});

it('writes to know whether it can', async () => {
  const store = await openSqliteStore(file);
  const before = commitsIn(readFileSync(`${file}-wal`));
  await store.check();
  await store.check();
  expect(commitsIn(readFileSync(`${file}-wal`)) - before).toBe(2);
  await store.close();
});

it('tells each of its callers what became of their own work', async () => {
  const store = await openSqliteStore(file);
  await add(store, 'taken');
  const [added, refused, seen, wrong, kept] = await Promise.allSettled([
    add(store, 'a'),
    add(store, 'taken'),
    store.read('SELECT name FROM settings ORDER BY name'),
    store.read('SELECT 1 FROM nowhere'),
    add(store, 'b'),
  ]);
  expect(added).toEqual({ status: 'fulfilled', value: [] });
  expect(refused).toMatchObject({ reason: { message: expect.stringContaining('UNIQUE constraint failed') } });
  expect(seen).toEqual({ status: 'fulfilled', value: [{ name: 'a' }, { name: 'b' }, { name: 'taken' }] });
  expect(wrong).toMatchObject({ reason: { message: 'no such table: nowhere' } });
  for (const { reason } of [refused, wrong] as PromiseRejectedResult[])
    expect(reason).not.toBeInstanceOf(StoreUnavailable);
  expect(kept).toEqual({ status: 'fulfilled', value: [] });
  await store.close();
});

it('tells what cannot be done now as what it is', async () => {
  const store = await openSqliteStore(file);
  rmSync(file);
  await expect(add(store, 'a')).rejects.toThrow(StoreUnavailable);
  await expect(store.check()).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: `SQLite: ${file} was removed while it was open, so nothing more is kept. Put it back, or restart the server to go on with what is there`,
  });
  await store.close();
});

it('runs no transaction that it does not know, and says so', async () => {
  const store = await openSqliteStore(file);
  const results = await Promise.allSettled([store.transact('unknown' as 'query', 'DELETE FROM x'), add(store, 'a')]);
  expect(results).toEqual([
    { status: 'rejected', reason: new TypeError('there is no transaction unknown') },
    { status: 'fulfilled', value: [] },
  ]);
  await store.close();
});

it('names the file that cannot be opened', async () => {
  writeFileSync(file, 'no database, but a text that is long enough to be taken for the header of one by mistake');
  await expect(openSqliteStore(file)).rejects.toThrow(`cannot open ${file}: file is not a database`);
  const nowhere = join(file, 'nowhere');
  await expect(openSqliteStore(nowhere)).rejects.toThrow(`cannot open ${nowhere}: `);
});
