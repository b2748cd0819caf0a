import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';

let folder: string;
let file: string;
let store: TestStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-damage-'));
  file = join(folder, 'records.sqlite');
  store = await openTestStore({ data: folder });
  await store.transact('takeLock', 'u', '101', 'l', 0);
  await create();
  return async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
});

let records = 0;
const create = (properties = '{}') =>
  store.transact('createRecord', 'u', 'l', String(++records), '101', 'd', properties, 0);
const damaged = { name: 'StoreUnavailable', fate: 'not done', message: 'SQLite: database disk image is malformed' };

/** Changes the database over a connection of its own, as another process would. */
function change(sql: string): void {
  const other = new DatabaseSync(file);
  other.exec(sql);
  other.close();
}

it('is not ready while pages are damaged, refuses requests that need them, and goes on when they are repaired', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  for (let i = 0; i < 50; i++) await create('x'.repeat(3000));
  // Afterwards all pages are in the file, and the store does not use those that it read before.
  change('UPDATE settings SET value = value; PRAGMA wal_checkpoint(TRUNCATE)');
  const sound = join(folder, 'sound');
  execFileSync('cp', [file, sound]);
  // In a process of its own, because closing a file ends every lock that this process has on it.
  const pages = statSync(file).size / 4096;
  execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096', 'seek=1', `count=${pages - 1}`, 'conv=notrunc'], {
    stdio: 'ignore',
  });
  await expect(store.read('SELECT COUNT(*) FROM records')).rejects.toMatchObject({ ...damaged, fate: undefined });
  await expect(create()).rejects.toMatchObject(damaged);
  await expect(store.check()).rejects.toMatchObject({ name: 'StoreUnavailable', isDamage: true });
  execFileSync('dd', [`if=${sound}`, `of=${file}`, 'conv=notrunc'], { stdio: 'ignore' });
  await create();
  expect(await store.read('SELECT COUNT(*) AS count FROM records')).toEqual([{ count: 52 }]);
  // Other pages may still be damaged, which requests would report within that time.
  vi.advanceTimersByTime(59_999);
  await expect(store.check()).rejects.toMatchObject({ isDamage: true });
  vi.advanceTimersByTime(1);
  await store.check();
});

it.each([
  ['records', 'DROP TABLE records', /^SQLite: the database lacks records, .*records_by_module/],
  ['locks', 'DROP TABLE locks', /^SQLite: the database lacks locks, .*locks_by_expiry$/],
])('is not ready without the table %s, and refuses requests that need it', async (_, sql, missing) => {
  change(sql);
  const message = expect.stringMatching(missing);
  await expect(create()).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done', message });
  await expect(store.check()).rejects.toMatchObject({ name: 'StoreUnavailable', message });
});

it('is not ready without an index, even if it can create records', async () => {
  await store.check();
  change('DROP INDEX records_by_module');
  await create();
  await expect(store.check()).rejects.toThrow('SQLite: the database lacks records_by_module');
  change('CREATE INDEX records_by_module ON records (user_id, module_code, record_id)');
  await store.check();
});

it('is not ready if the database is read-only', async () => {
  await store.transact('query', 'PRAGMA query_only = ON');
  await expect(create()).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done' });
  await expect(store.check()).rejects.toMatchObject({ name: 'StoreUnavailable' });
});
