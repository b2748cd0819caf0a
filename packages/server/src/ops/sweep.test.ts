import { expect, it } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import type { TestStorage } from '../../test/storage.ts';
import { issueApp, newApp } from '../auth/apps.ts';
import { issueToken, newToken, tokenMs } from '../auth/tokens.ts';
import { createIdSource } from '../backup/ids.ts';
import { lockMs } from '../backup/locks.ts';
import { openStorage } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { sweep } from './sweep.ts';

const start = Date.UTC(2026, 0);
const [userId, lockId] = ['user', 'lock@101'];

/** Creates records. The first ones are to be deleted. */
async function makeRecords(storage: TestStorage, count: number, toBeDeleted: number): Promise<string[]> {
  const { store } = await openStorage(storage);
  const ids = createIdSource(store, () => start);
  await store.transact('takeLock', userId, '101', lockId, start);
  const made: string[] = [];
  for (let i = 0; i < count; i++) made.push(await ids.next());
  const [first = ''] = made;
  await store.transact('createRecord', userId, lockId, first, '101', '1', undefined, start);
  await store.transact('deleteRecord', userId, lockId, first, start);
  // The other records are copies of one, because creating each would take a thousand transactions.
  const columns = 'user_id, module_code, device_id, status, properties, version, end_time, deleted_at';
  const copies = made.slice(1).map((id) => `(${id})`);
  const copySql = `INSERT INTO records (record_id, ${columns})
    SELECT ids.column1, ${columns} FROM records, (VALUES ${copies.join()}) AS ids`;
  await store.transact('query', copySql);
  const kept = made.slice(toBeDeleted).join();
  const keepSql = `UPDATE records SET status = 0, deleted_at = NULL WHERE record_id IN (${kept})`;
  if (kept) await store.transact('query', keepSql);
  await store.close();
  return made;
}

const recordsIn = async (store: Store): Promise<unknown[]> =>
  (await store.read('SELECT CAST(record_id AS TEXT) AS id FROM records ORDER BY record_id')).map(({ id }) => id);

describeEngines((make) => {
  it('removes records that are to be deleted, even after a restart, and keeps the others', async () => {
    using storage = await make();
    const first = await openStorage(storage);
    // More records than one transaction removes.
    const made = await makeRecords(storage, 503, 501);
    await sweep(first.store, () => start + 59_999);
    expect(await recordsIn(first.store)).toEqual(made);
    await first.store.close();

    const second = await openStorage(storage);
    try {
      await sweep(second.store, () => start + 60_000);
      expect(await recordsIn(second.store)).toEqual(made.slice(501));
    } finally {
      await second.store.close();
    }
  });

  it('removes locks, tokens and apps that have expired, and no others', async () => {
    using storage = await make();
    const { store, keys } = await openStorage(storage);
    try {
      await store.transact('takeLock', userId, '101', 'old@101', start);
      await store.transact('takeLock', userId, '102', 'new@102', start + 1);
      await issueToken(store, newToken(), 'old', {}, start + lockMs - tokenMs);
      await issueToken(store, newToken(), 'new', {}, start + lockMs - tokenMs + 1);
      await issueApp(store, keys, newApp(), 'old', { expiresAt: start + lockMs }, start);
      await issueApp(store, keys, newApp(), 'new', { expiresAt: start + lockMs + 1 }, start);
      await issueApp(store, keys, newApp(), 'everlasting', {}, start);
      await sweep(store, () => start + lockMs);
      expect(await store.read('SELECT lock_id FROM locks')).toEqual([{ lock_id: 'new@102' }]);
      expect(await store.read('SELECT user_id FROM tokens')).toEqual([{ user_id: 'new' }]);
      expect(await store.read('SELECT user_id FROM apps ORDER BY user_id')).toEqual([
        { user_id: 'everlasting' },
        { user_id: 'new' },
      ]);
    } finally {
      await store.close();
    }
  });

  it('removes a limited number of locks and tokens in each transaction, and finally all', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    try {
      const numbers = Array.from({ length: 1001 }, (_, i) => i);
      const locks = numbers.map((i) => `('u', '${i}', 'l${i}', ${start + (i % 7)})`);
      const tokens = numbers.map((i) => `('t${i}', 'u', ${start + (i % 7)})`);
      await store.transact('query', `INSERT INTO locks (user_id, module_code, lock_id, expires_at) VALUES ${locks}`);
      await store.transact('query', `INSERT INTO tokens (token_hash, user_id, expires_at) VALUES ${tokens}`);
      const counts = async (): Promise<unknown> =>
        (await store.read('SELECT (SELECT COUNT(*) FROM locks) AS locks, (SELECT COUNT(*) FROM tokens) AS tokens'))[0];
      await store.transact('removeExpiredLocks', start + 7);
      await store.transact('removeExpiredTokens', start + 7);
      const left = await counts();
      expect(left).toEqual(storage.engine === 'SQLite' ? { locks: 501, tokens: 501 } : { locks: '501', tokens: '501' });
      // Rows that expired first are removed first.
      expect(await store.read('SELECT lock_id FROM locks WHERE expires_at <= ?', start + 2)).toEqual([]);
      await sweep(store, () => start + 7);
      expect(await store.read('SELECT lock_id FROM locks')).toEqual([]);
      expect(await store.read('SELECT token_hash FROM tokens')).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it('sweeps once for all callers at the same time, and again afterwards', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    try {
      const swept: string[] = [];
      const watched: Store = {
        ...store,
        transact(name, ...args) {
          swept.push(name);
          return store.transact(name, ...args);
        },
      };
      await Promise.all([sweep(watched, () => start), sweep(watched, () => start)]);
      const once = [...swept];
      expect(new Set(once).size).toBe(once.length);
      await sweep(watched, () => start);
      expect(swept).toEqual([...once, ...once]);
    } finally {
      await store.close();
    }
  });

  it('ends if the store is closed meanwhile, with StoreUnavailable at most', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    await makeRecords(storage, 501, 501);
    const swept = sweep(store, () => start + 60_000).catch((error) => error);
    await new Promise(setImmediate);
    await store.close();
    expect([undefined, 'StoreUnavailable']).toContain((await swept)?.name);
  });
});
