import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createSqliteStore, openSqliteStore } from './sqlite-store.ts';
import { query, type Store, StoreUnavailable } from './store.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'records.sqlite');
}

const add = (name: string, value = 'v') => query('INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
const countIn = async (store: Store): Promise<unknown> =>
  (await store.read('SELECT COUNT(*) AS count FROM settings'))[0]?.count;

it('syncs each commit to the disk before it answers', async () => {
  const store = await openSqliteStore(temporaryFile());
  // A killed process does not show it: what it wrote is in the system's hands. So the settings are asked for.
  expect(await store.read('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  expect(await store.read('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
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
