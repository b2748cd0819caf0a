import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createSqliteEngine } from './sqlite-engine.ts';
import { createSqliteStore, openSqliteStore } from './sqlite-store.ts';
import { type Store, StoreUnavailable } from './store.ts';

let file: string;
let database: DatabaseSync;
let store: Store;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-sqlite-'));
  file = join(folder, 'records.sqlite');
  // For the tables.
  await (await openSqliteStore(file)).close();
  database = new DatabaseSync(file);
  store = createSqliteStore(createSqliteEngine(database));
  return async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
});

const add = (name: string, value = 'v'): Promise<unknown> =>
  store.transact('query', 'INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
const count = async (): Promise<unknown> =>
  (await store.read("SELECT COUNT(*) AS count FROM settings WHERE name <> 'checked'"))[0]?.count;
const many = (name: string, value?: string): Promise<unknown>[] =>
  Array.from({ length: 20 }, (_, i) => add(`${name}${i}`, value));

it('has each commit put on disk before it tells of it', () => {
  // 2 is FULL: the log is synced after each commit (https://sqlite.org/pragma.html#pragma_synchronous).
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
});

it('has in its files all that it tells of, as after a crash', async () => {
  const copy = `${file}-after-crash`;
  for (const name of ['a', 'b', 'c']) {
    await add(name);
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    const recovered = new DatabaseSync(copy);
    expect(recovered.prepare('SELECT value FROM settings WHERE name = ?').get(name)).toEqual({ value: 'v' });
    recovered.close();
  }
});

it('commits all work of one turn together, and tells nobody before that', async () => {
  const other = new DatabaseSync(file, { readOnly: true });
  const find = other.prepare('SELECT name FROM settings WHERE name = ?');
  const all = vi.spyOn(StatementSync.prototype, 'all');
  onTestFinished(() => all.mockRestore());
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => add(`n${i}`).then(() => expect(find.get(`n${i}`)).toEqual({ name: `n${i}` }))),
  );
  const statements = all.mock.contexts as StatementSync[];
  expect(statements.filter(({ sourceSQL }) => sourceSQL === 'COMMIT')).toHaveLength(1);
  other.close();
});

it('refuses work while it is full, reads on, and takes work again once there is room', async () => {
  database.exec(`PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()?.page_count) + 3}`);
  const large = 'x'.repeat(2000);
  const results = await Promise.allSettled(many('a', large));
  for (const result of results) expect(result).toMatchObject({ reason: { name: 'StoreUnavailable' } });
  expect(await count()).toBe(0);
  database.exec('PRAGMA max_page_count = 100000');
  await Promise.all(many('b', large));
  expect(await count()).toBe(20);
});

it('refuses work while another process writes and does not end, reads on, and takes work again afterwards', async () => {
  // How long it waits for the other.
  expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 2000 });
  database.exec('PRAGMA busy_timeout = 1');
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(add('a')).rejects.toThrow(StoreUnavailable);
  await expect(store.check()).rejects.toThrow(StoreUnavailable);
  expect(await count()).toBe(0);
  other.exec('ROLLBACK');
  await add('b');
  await store.check();
  expect(await count()).toBe(1);
  other.close();
});

it('tells all that share a commit when it went to a file that was removed, and does none of them again', async () => {
  await add('before');
  rmSync(file);
  for (const result of await Promise.allSettled(many('n'))) {
    expect(result).toMatchObject({ reason: { name: 'StoreUnavailable' } });
  }
  await expect(store.check()).rejects.toThrow('records.sqlite was removed while it was open');
  expect(await count()).toBe(21);
  await store.close();
  await expect(store.check()).rejects.toThrow(StoreUnavailable);
});
