import { copyFileSync, fdatasync, fstatSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createSqliteStore, openSqliteStore } from './sqlite-store.ts';
import { query, type Store, StoreUnavailable } from './store.ts';

vi.mock('node:fs', { spy: true });

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'records.sqlite');
}

const add = (name: string, value = 'v') => query('INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
const countIn = async (store: Store): Promise<unknown> =>
  (await store.read('SELECT COUNT(*) AS count FROM settings'))[0]?.count;

interface Sync {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** A store whose log is on disk when the test says so. */
async function storeWithSyncs(): Promise<{ store: Store; file: string; syncs: Sync[] }> {
  const file = temporaryFile();
  await (await openSqliteStore(file)).close();
  const syncs: Sync[] = [];
  const store = createSqliteStore(
    new DatabaseSync(file),
    () => new Promise((resolve, reject) => syncs.push({ resolve, reject })),
  );
  return { store, file, syncs };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  await new Promise(setImmediate);
  return (await Promise.race([promise, pending])) === pending;
}

it('syncs its log', async () => {
  const file = temporaryFile();
  const store = await openSqliteStore(file);
  vi.mocked(fdatasync).mockImplementation((synced, done) => {
    // What another process does to the file shows in it, which the number of an open file does not.
    done(fstatSync(synced).ino === statSync(`${file}-wal`).ino ? null : new Error('that is not the log'));
  });
  onTestFinished(() => vi.mocked(fdatasync).mockRestore());
  await store.transact(() => add('a'));
  expect(fdatasync).toHaveBeenCalled();
  await store.close();
});

it('has in the files that it syncs all that it tells of, as after a power cut', async () => {
  const file = temporaryFile();
  await (await openSqliteStore(file)).close();
  const copy = `${file}-at-sync`;
  const store = createSqliteStore(new DatabaseSync(file), async () => {
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
  });
  for (const name of ['a', 'b', 'c']) {
    await store.transact(() => add(name));
    const recovered = new DatabaseSync(copy);
    expect(recovered.prepare('SELECT value FROM settings WHERE name = ?').get(name)).toEqual({ value: 'v' });
    recovered.close();
  }
  await store.close();
});

it('tells of a commit, and shows it, once it is on disk', async () => {
  const { store, syncs } = await storeWithSyncs();
  const work = store.transact(() => add('a'));
  expect(await isPending(work)).toBe(true);
  const seen = countIn(store);
  expect(await isPending(seen)).toBe(true);
  expect(await store.peek('SELECT name FROM settings')).toEqual([{ name: 'a' }]);
  syncs[0]?.resolve();
  await work;
  expect(await seen).toBe(1);
  expect(await countIn(store)).toBe(1);
  await store.close();
});

it('commits what arrives while the disk is busy together, once it is not', async () => {
  const { store, syncs } = await storeWithSyncs();
  const first = store.transact(() => add('first'));
  expect(await isPending(first)).toBe(true);
  const others = ['a', 'b', 'c'].map((name) => store.transact(() => add(name)));
  expect(await isPending(Promise.race(others))).toBe(true);
  expect(syncs).toHaveLength(1);
  const closed = store.close();
  syncs[0]?.resolve();
  await first;
  expect(await isPending(Promise.race(others))).toBe(true);
  expect(syncs).toHaveLength(2);
  syncs[1]?.resolve();
  await Promise.all([...others, closed]);
});

it('trusts a log that could not be synced no more, and takes work once all of it is in the database', async () => {
  const { store, file, syncs } = await storeWithSyncs();
  const lost = store.transact(() => add('lost'));
  expect(await isPending(lost)).toBe(true);
  const seen = countIn(store);
  expect(await isPending(seen)).toBe(true);
  const reader = new DatabaseSync(file);
  reader.exec('BEGIN; SELECT * FROM settings');
  syncs[0]?.reject(new Error('EIO: i/o error, fdatasync'));
  await expect(lost).rejects.toThrow(
    new StoreUnavailable('SQLite: its log cannot be synced: EIO: i/o error, fdatasync'),
  );
  await expect(seen).rejects.toThrow(StoreUnavailable);
  // A log that someone reads cannot be begun anew.
  await expect(store.transact(() => add('refused'))).rejects.toThrow(StoreUnavailable);
  reader.close();
  expect(await countIn(store)).toBe(1);
  expect(statSync(`${file}-wal`).size).toBe(0);
  const work = store.transact(() => add('kept'));
  expect(await isPending(work)).toBe(true);
  syncs[1]?.resolve();
  await work;
  await store.close();
});

it('commits all work of one turn together, and tells nobody before that', async () => {
  const file = temporaryFile();
  const store = await openSqliteStore(file);
  const other = new DatabaseSync(file, { readOnly: true });
  const find = other.prepare('SELECT name FROM settings WHERE name = ?');
  const all = vi.spyOn(StatementSync.prototype, 'all');
  onTestFinished(() => all.mockRestore());
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      store.transact(() => add(`n${i}`)).then(() => expect(find.get(`n${i}`)).toEqual({ name: `n${i}` })),
    ),
  );
  const statements = all.mock.contexts as StatementSync[];
  expect(statements.filter(({ sourceSQL }) => sourceSQL === 'COMMIT')).toHaveLength(1);
  other.close();
  await store.close();
});

it('refuses work while it is full, reads on, and takes work again once there is room', async () => {
  const file = temporaryFile();
  await (await openSqliteStore(file)).close();
  const database = new DatabaseSync(file);
  const store = createSqliteStore(database);
  database.exec(`PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()?.page_count) + 3}`);
  const large = 'x'.repeat(2000);
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => store.transact(() => add(`a${i}`, large))),
  );
  for (const result of results) expect(result).toMatchObject({ reason: { name: 'StoreUnavailable' } });
  expect(await countIn(store)).toBe(0);
  database.exec('PRAGMA max_page_count = 100000');
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.transact(() => add(`b${i}`, large))));
  expect(await countIn(store)).toBe(20);
  await store.close();
});

it('refuses work while another process writes and does not end, and takes it again afterwards', async () => {
  const file = temporaryFile();
  await (await openSqliteStore(file)).close();
  const store = createSqliteStore(new DatabaseSync(file));
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.transact(() => add('a'))).rejects.toThrow(StoreUnavailable);
  expect(await countIn(store)).toBe(0);
  other.exec('ROLLBACK');
  await store.transact(() => add('b'));
  expect(await countIn(store)).toBe(1);
  other.close();
  await store.close();
});

it('names the file that cannot be opened', async () => {
  const file = temporaryFile();
  writeFileSync(file, 'no database, but a text that is long enough to be taken for the header of one by mistake');
  await expect(openSqliteStore(file)).rejects.toThrow(`cannot open ${file}: file is not a database`);
  const nowhere = join(file, 'nowhere');
  await expect(openSqliteStore(nowhere)).rejects.toThrow(`cannot open ${nowhere}: `);
});

it('tells all that share a commit when it went to a file that was removed, and does none of them again', async () => {
  const file = temporaryFile();
  const store = await openSqliteStore(file);
  await store.transact(() => add('before'));
  rmSync(file);
  const results = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => store.transact(() => add(`n${i}`))));
  for (const result of results) expect(result).toMatchObject({ reason: { name: 'StoreUnavailable' } });
  await expect(store.check()).rejects.toThrow('records.sqlite was removed while it was open');
  expect(await countIn(store)).toBe(6);
  await store.close();
  await expect(store.check()).rejects.toThrow(StoreUnavailable);
});
