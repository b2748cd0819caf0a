import { expect, it } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';

const counterOf = async (store: TestStore): Promise<number> => {
  const [row] = await store.read("SELECT value FROM settings WHERE name = 'counter'");
  return Number(row?.value);
};

describeEngines((make) => {
  it('runs transactions of several servers as if each were alone', async () => {
    using storage = await make();
    const stores = await Promise.all([openTestStore(storage), openTestStore(storage)]);
    try {
      const counts = await Promise.all(Array.from({ length: 20 }, (_, i) => stores[i % 2]?.transact('addToCounter')));
      expect(counts.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  });

  it('leaves nothing of a transaction that fails, and lets the others beside it succeed', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    try {
      const results = await Promise.allSettled([
        store.transact('addToCounter'),
        store.transact('throwHalfWay'),
        store.transact('addToCounter'),
        store.transact('failHalfWay'),
        store.transact('addToCounter'),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(results[1]).toMatchObject({ reason: { name: 'Error', message: 'it cannot connect this: closed' } });
      expect(results[3]).not.toMatchObject({ reason: { name: 'StoreUnavailable' } });
      expect(await counterOf(store)).toBe(3);
      expect(await store.read("SELECT name FROM settings WHERE name IN ('half', 'wrong')")).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it('finishes the work under way when it is closed, and is unavailable from then on', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    const underWay = store.transact('addToCounter');
    // A sequence of transactions, such as a sweep, is refused in between.
    const next = underWay.then(() => store.transact('addToCounter'));
    const closed = store.close();
    await expect(underWay).resolves.toBe(1);
    await expect(next).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await closed;
    await expect(store.transact('addToCounter')).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done' });
    await expect(store.read('SELECT 1 AS one')).rejects.toMatchObject({ name: 'StoreUnavailable', fate: undefined });
  });

  it('returns texts and numbers as they were stored', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    const text = 'ä€\u{1f4be} \t\r\n"\'\\ ? $1 :a';
    const largest = (1n << 63n) - 1n;
    try {
      await store.transact('query', 'INSERT INTO settings (name, value) VALUES (?, ?)', 'text', text);
      const sql = `INSERT INTO records (record_id, user_id, module_code, device_id, status, properties, version)
        VALUES (?, ?, ?, ?, ?, ?, ?)`;
      await store.transact('query', sql, largest, 'u', '101', 'd', 2, null, 2_147_483_647);
      expect(await store.read("SELECT value FROM settings WHERE name = 'text'")).toEqual([{ value: text }]);
      expect(
        await store.read('SELECT CAST(record_id AS TEXT) AS id, status, properties, version FROM records'),
      ).toEqual([{ id: String(largest), status: 2, properties: null, version: 2_147_483_647 }]);
    } finally {
      await store.close();
    }
  });
});
