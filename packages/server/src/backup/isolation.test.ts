import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';
import { isSoak } from '../../test/soak.ts';
import { makeStorage } from '../../test/storage.ts';
import { lockMs } from './locks.ts';

const [userId, lockId] = ['u', 'l@101'];
const start = 1_000_000;

const create = (store: TestStore, id: string, now = start, user = userId, lock = lockId) =>
  store.transact('createRecord', user, lock, id, '101', 'd', undefined, now);
const complete = (store: TestStore, id: string, properties: string) =>
  store.transact('completeRecord', userId, lockId, id, properties, start);
const remove = (store: TestStore, id: string) => store.transact('deleteRecord', userId, lockId, id, start);
const take = (store: TestStore, now = start, lock = lockId, user = userId) =>
  store.transact('takeLock', user, '101', lock, now);
const release = (store: TestStore) => store.transact('releaseLock', userId, lockId, start);

const idsIn = async (store: TestStore): Promise<unknown[]> =>
  (await store.read('SELECT CAST(record_id AS TEXT) AS id FROM records ORDER BY record_id')).map(({ id }) => id);
const rowOf = async (store: TestStore, id: string) =>
  (await store.read('SELECT status, properties, version FROM records WHERE record_id = ?', BigInt(id)))[0];

describeEngines((make) => {
  /** Two servers on one database, with a lock in it. */
  async function withTwo(test: (stores: [TestStore, TestStore]) => Promise<void>): Promise<void> {
    using storage = await make();
    const stores: [TestStore, TestStore] = [await openTestStore(storage), await openTestStore(storage)];
    try {
      await take(stores[0]);
      await test(stores);
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  }

  it('concurrent changes of a record are each made once, and none after its deletion', () =>
    withTwo(async (stores) => {
      for (let round = 1; round <= (isSoak ? 200 : 5); round++) {
        const id = `${round}`;
        await create(stores[0], id);
        const completes = Array.from({ length: 12 }, (_, i) => () => complete(stores[i % 2] as TestStore, id, `${i}`));
        const deletes = [() => remove(stores[0], id), () => remove(stores[1], id)];
        const at = round % 12;
        const results = await Promise.all(
          [...completes.slice(0, at), ...deletes, ...completes.slice(at)].map((go) => go()),
        );
        const refused = results.filter((result) => result !== undefined);
        expect(new Set(refused)).toEqual(new Set(refused.length > 0 ? ['to be deleted'] : []));
        const done = results.length - refused.length - deletes.length;
        // 1 when it was created, one more for each completion, and one for both deletions.
        expect(await rowOf(stores[1], id)).toMatchObject({ status: 2, version: 2 + done });
      }
    }));

  it('an operation is refused for the first reason that holds', () =>
    withTwo(async ([store]) => {
      await create(store, '1');
      await remove(store, '1');
      const none = 'no such record';
      for (const id of ['7', '-1', '01', 'x', '9'.repeat(30)]) {
        expect(await complete(store, id, '1')).toBe(none);
        expect(await remove(store, id)).toBe(none);
      }
      expect(await complete(store, '1', '1')).toBe('to be deleted');
      expect(await remove(store, '1')).toBeUndefined();
      await release(store);
      for (const id of ['1', '7']) {
        expect(await complete(store, id, '1')).toBe('lock not live');
        expect(await remove(store, id)).toBe('lock not live');
      }
    }));

  it('a record without properties has none until a completion sets some', () =>
    withTwo(async ([store]) => {
      expect(await create(store, '1')).not.toHaveProperty('properties');
      await store.transact('completeRecord', userId, lockId, '1', undefined, start);
      expect(await rowOf(store, '1')).toEqual({ status: 1, properties: null, version: 2 });
      await complete(store, '1', '2');
      await complete(store, '1', '2');
      await store.transact('completeRecord', userId, lockId, '1', undefined, start);
      expect(await rowOf(store, '1')).toEqual({ status: 1, properties: '2', version: 3 });
    }));
});

const postgresUrl = inject('postgresUrl');

// SQLite has one writer at a time, so nothing can happen between the check of a lock and the commit.
describe.skipIf(!postgresUrl)('on PostgreSQL, while a change is under way', () => {
  interface Slow {
    store: TestStore;
    other: TestStore;
    /** A connection to the database from outside. */
    client: pg.Client;
    /** Lets changes of records and new devices wait until {@link letGo}, after they have checked their lock. */
    holdUp(): Promise<void>;
    letGo(): Promise<void>;
    /** Resolves when this many sessions of the stores are held up, or wait for a lock. */
    waiting(count: number): Promise<void>;
  }

  async function withSlow(test: (slow: Slow) => Promise<void>): Promise<void> {
    using storage = await makeStorage(postgresUrl);
    const gate = Math.floor(Math.random() * 2 ** 31);
    const [client, name] = [new pg.Client(storage.databaseUrl), `slow-${gate}`];
    await client.connect();
    const named = { ...storage, databaseUrl: `${storage.databaseUrl}&application_name=${name}` };
    const [store, other] = [await openTestStore(named), await openTestStore(named)];
    // The trigger sleeps, because statements that share a commit would soon give up waiting for a lock.
    await client.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      WHILE NOT pg_try_advisory_xact_lock_shared(${gate}) LOOP PERFORM pg_sleep(0.005); END LOOP; RETURN NEW; END $$`);
    await client.query('CREATE TRIGGER wait BEFORE INSERT OR UPDATE ON records FOR EACH ROW EXECUTE FUNCTION wait()');
    await client.query('CREATE TRIGGER wait BEFORE INSERT ON devices FOR EACH ROW EXECUTE FUNCTION wait()');
    try {
      await take(store);
      await test({
        store,
        other,
        client,
        holdUp: async () => void (await client.query(`SELECT pg_advisory_lock(${gate})`)),
        letGo: async () => void (await client.query(`SELECT pg_advisory_unlock(${gate})`)),
        waiting: async (count) => {
          const sql = `SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = '${name}'
            AND (wait_event = 'PgSleep' OR wait_event_type = 'Lock')`;
          await expect.poll(async () => Number((await client.query(sql)).rows[0].count)).toBeGreaterThanOrEqual(count);
        },
      });
    } finally {
      await client.end();
      await Promise.all([store.close(), other.close()]);
    }
  }

  it.each(['create', 'complete', 'delete'] as const)('the lock of a %s is not released before it is done', (kind) =>
    withSlow(async ({ store, other, holdUp, letGo, waiting }) => {
      await create(store, '1');
      await holdUp();
      const order: string[] = [];
      const change = {
        create: () => create(store, '2'),
        complete: () => complete(store, '1', '2'),
        delete: () => remove(store, '1'),
      };
      const changed = change[kind]().then(() => order.push('changed'));
      await waiting(1);
      const released = release(other).then(() => order.push('released'));
      await waiting(2);
      await letGo();
      await Promise.all([changed, released]);
      expect(order).toEqual(['changed', 'released']);
      expect(await idsIn(other)).toEqual(kind === 'create' ? ['1', '2'] : ['1']);
    }),
  );

  it('its lock is not taken over before the change is done, even if it has expired', () =>
    withSlow(async ({ store, other, holdUp, letGo, waiting }) => {
      await holdUp();
      const created = create(store, '1', start + lockMs - 1);
      await waiting(1);
      const taken = take(other, start + lockMs, 'next@101');
      await waiting(2);
      await letGo();
      expect(await taken).toBe(true);
      expect(await idsIn(other)).toEqual(['1']);
      await created;
    }));

  it('a device that is being bound counts towards the limit of the next one', () =>
    withSlow(async ({ store, other, holdUp, letGo, waiting }) => {
      await holdUp();
      const bind = (by: TestStore, id: string) =>
        by.transact('bindDevice', userId, id, `m${id}`, undefined, undefined, 1);
      const first = bind(store, '1');
      await waiting(1);
      const second = bind(other, '2');
      await waiting(2);
      await letGo();
      expect(await Promise.all([first, second])).toEqual([expect.objectContaining({ deviceId: '1' }), undefined]);
    }));

  it('its lock can be renewed, and others can create under it', () =>
    withSlow(async ({ store, other, holdUp, letGo, waiting }) => {
      await holdUp();
      const created = [create(store, '1'), create(other, '2')];
      await waiting(2);
      expect(await other.transact('renewLock', userId, lockId, start + 1)).toBe(true);
      await letGo();
      expect(await Promise.all(created)).toMatchObject([{ recordId: '1' }, { recordId: '2' }]);
    }));

  it.each([
    { end: 'COMMIT', ids: ['9'] },
    { end: 'ROLLBACK', ids: ['1', '9'] },
  ])('a create waits for the release of its lock, which ends in $end, and holds up no other', ({ end, ids }) =>
    withSlow(async ({ store, client, waiting }) => {
      await take(store, start, 'l2@101', 'other');
      await client.query('BEGIN');
      await client.query('DELETE FROM locks WHERE lock_id = $1', [lockId]);
      const created = create(store, '1');
      // It arrives in the same turn of the event loop, and shares the commit at first.
      expect(await create(store, '9', start, 'other', 'l2@101')).toMatchObject({ recordId: '9' });
      await waiting(1);
      await client.query(end);
      expect(await created).toEqual(end === 'COMMIT' ? undefined : expect.objectContaining({ recordId: '1' }));
      expect(await idsIn(store)).toEqual(ids);
    }),
  );
});
