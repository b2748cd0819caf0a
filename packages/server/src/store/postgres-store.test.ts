import { createDatabase } from '@koodrive-backup/testkit/postgres';
import { type Connection, startTcpProxy } from '@koodrive-backup/testkit/tcp-proxy';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { hangMs } from '../../test/hang.ts';
import { openPostgresStore } from './postgres-store.ts';
import { query, type Store, StoreUnavailable, type Work } from './store.ts';
import * as transactions from './transactions.ts';

const postgresUrl = inject('postgresUrl');

let databaseUrl: string;
/** A store on the database of these tests, without the proxy. */
let direct: Store;
beforeAll(async () => {
  if (!postgresUrl) return;
  databaseUrl = await createDatabase(postgresUrl);
  direct = await openPostgresStore(databaseUrl, transactions);
});
beforeEach(async () => {
  await direct?.transact('query', 'DELETE FROM settings');
});
afterAll(async () => {
  await direct?.close();
});

interface Connected extends AsyncDisposable {
  store: Store;
  /** Called with bytes on their way through the proxy. They pass if it returns `true`, which is the default. */
  on: { request: (bytes: Buffer, connection: Connection) => boolean; answer: typeof passes };
  cut(): void;
}

const passes = (_bytes: Buffer, _connection: Connection): boolean => true;

/** Opens a store through a proxy. */
async function connect(): Promise<Connected> {
  const { hostname: host, port } = new URL(databaseUrl);
  const on: Connected['on'] = { request: passes, answer: passes };
  const proxy = await startTcpProxy(
    { host, port: Number(port) },
    { onRequest: (...seen) => on.request(...seen), onAnswer: (...seen) => on.answer(...seen) },
  );
  const through = new URL(databaseUrl);
  through.port = `${proxy.port}`;
  const store = await openPostgresStore(through.href, transactions);
  return {
    store,
    on,
    cut: proxy.cut,
    async [Symbol.asyncDispose]() {
      await store.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const add = (store: Store, name: string): Promise<unknown> =>
  store.transact('query', 'INSERT INTO settings (name, value) VALUES (?, ?)', name, 'v');
/** Resolves when the store is ready, which on a busy machine may take more than one check. */
const isReady = (): Promise<void> => vi.waitFor(() => direct.check(), { timeout: hangMs });
const names = async (store: Store): Promise<unknown[]> =>
  (await store.read("SELECT name FROM settings WHERE name <> 'key' ORDER BY name")).map(({ name }) => name);

describe.skipIf(!postgresUrl)('a store in PostgreSQL', () => {
  it.each([
    { when: 'before the commit arrives', answered: false, there: [] },
    { when: 'after the commit, before its answer', answered: true, there: ['a'] },
  ])('acknowledges nothing, and repeats nothing, if the connection is reset $when', async ({ answered, there }) => {
    await using connected = await connect();
    const { store, on } = connected;
    let commits = 0;
    let committing: Connection | undefined;
    on.request = (bytes, connection) => {
      if (!bytes.includes('COMMIT')) return true;
      commits++;
      if (!answered) connection.reset();
      else committing = connection;
      return answered;
    };
    on.answer = (_bytes, connection) => {
      if (connection !== committing) return true;
      connection.reset();
      return false;
    };
    const given = await add(store, 'a').catch((error) => error);
    // Without an answer, the store cannot know whether the commit was done.
    expect(given).toMatchObject({ name: 'StoreUnavailable', fate: 'unknown' });
    expect({ commits, there: await names(direct) }).toEqual({ commits: 1, there });
    Object.assign(on, { request: passes, answer: passes });
    await add(store, 'b');
    expect(await names(store)).toEqual([...there, 'b']);
  });

  it('is unavailable if its connection is cut at any message, and works again by itself', async () => {
    await using connected = await connect();
    const { store, on } = connected;
    const acknowledged: string[] = [];
    let messages = 0;
    for (let cutAt = 1; cutAt <= 8; cutAt++) {
      messages = 0;
      on.request = (_bytes, connection) => {
        if (++messages !== cutAt) return true;
        connection.reset();
        return false;
      };
      const name = `cut ${cutAt}`;
      await add(store, name).then(
        () => acknowledged.push(name),
        (error) => expect(error).toBeInstanceOf(StoreUnavailable),
      );
      on.request = passes;
      await add(store, `${name}, after`);
      acknowledged.push(`${name}, after`);
    }
    expect(await names(direct)).toEqual(acknowledged.sort());
    // Otherwise no connection was cut.
    expect(acknowledged.length).toBeLessThan(16);
  });

  it('goes on after idle connections have been cut', async () => {
    await using connected = await connect();
    const { store, cut } = connected;
    await Promise.all([add(store, 'a'), add(store, 'b')]);
    cut();
    // The store may still use one of them until it has noticed the cut.
    await expect.poll(() => names(store).catch(() => undefined)).toEqual(['a', 'b']);
  });

  it('gives up a statement that gets no answer, and does not use its connection again', async () => {
    await using connected = await connect();
    const { store, on } = connected;
    const swallowed = new Promise<void>((resolve) => {
      on.answer = () => {
        resolve();
        return false;
      };
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const given = add(store, 'a').catch((error) => error);
    await swallowed;
    // One time limit for the whole transaction, not one for each statement.
    vi.advanceTimersByTime(5000);
    expect(await given).toBeInstanceOf(StoreUnavailable);
    vi.useRealTimers();
    on.answer = passes;
    expect(await names(store)).toEqual([]);
  });

  it('gives up a transaction that can never be serialized', async () => {
    let attempts = 0;
    const never = () => {
      attempts++;
      return query("DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$");
    };
    const store = await openPostgresStore(databaseUrl, { ...transactions, never });
    // Each attempt is two seconds after the last, so that the third is the last one.
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    vi.spyOn(Math, 'random').mockImplementation(() => {
      time += 2000;
      return 0;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await expect(store.transact('never')).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: 'PostgreSQL: in the way',
      fate: 'not done',
    });
    expect(attempts).toBe(3);
    await add(store, 'a');
    await store.close();
  });

  it.each(['40001', '40P01', '23505', '42710', '42P07'])(
    'runs a transaction again that failed with %s',
    async (code) => {
      let attempts = 0;
      function* meetsOther(): Work<void> {
        attempts++;
        yield* query("INSERT INTO settings (name, value) VALUES ('a', 'v')");
        if (attempts === 1) yield* query(`DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '${code}'; END $$`);
      }
      const store = await openPostgresStore(databaseUrl, { ...transactions, meetsOther });
      await store.transact('meetsOther');
      expect({ attempts, there: await names(store) }).toEqual({ attempts: 2, there: ['a'] });
      await store.close();
    },
  );

  it('reports why it cannot be opened, without the password', async () => {
    const { port } = new URL(postgresUrl ?? '');
    const opened = openPostgresStore(`postgres://koodrive:secret-word@127.0.0.1:${port}/postgres`, transactions);
    const error: Error = await opened.then(
      () => new Error('it was opened'),
      (reason) => reason,
    );
    expect(error.message).toContain('password authentication failed for user "koodrive"');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-word');
    const nobody = openPostgresStore('postgres://127.0.0.1:1/nothing', transactions);
    await expect(nobody).rejects.toThrow('PostgreSQL: connect ECONNREFUSED 127.0.0.1:1');
  });

  it('reports that a create may be stored if its commit got no answer, and does not repeat it', async () => {
    await using connected = await connect();
    const { store, on } = connected;
    await direct.transact('takeLock', 'u', '101', 'l', 0);
    const create = (id: number) => store.transact('createRecord', 'u', 'l', `${id}`, '101', 'd', undefined, 1);
    await create(1);
    let commits = 0;
    on.request = (bytes) => {
      if (bytes.includes('COMMIT')) commits++;
      return true;
    };
    on.answer = (bytes, connection) => {
      // Not earlier: a database that cannot answer rolls back a transaction that is not committed yet.
      if (commits > 0 && bytes.includes('COMMIT')) connection.reset();
      return commits === 0;
    };
    const given = await Promise.allSettled([create(2), create(3)]);
    expect(given).toMatchObject(Array(2).fill({ reason: { name: 'StoreUnavailable', fate: 'unknown' } }));
    Object.assign(on, { request: passes, answer: passes });
    const ids = async () => (await direct.read('SELECT record_id FROM records ORDER BY record_id')).map(Object.values);
    expect(await ids()).toEqual([['1'], ['2'], ['3']]);
    expect(commits).toBe(1);
    await create(4);
    await direct.transact('query', 'DELETE FROM records');
  });

  it('reports that a statement was not done if the database refuses it', async () => {
    const store = await openPostgresStore(databaseUrl, transactions, { storeTimeoutMs: 4000 });
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await direct.transact('takeLock', 'v', '101', 'l2', 0);
    await client.query("BEGIN; SELECT 1 FROM locks WHERE lock_id = 'l2' FOR UPDATE");
    const given = await Promise.allSettled([
      store.transact('releaseLock', 'v', 'l2', 1),
      store.transact('createRecord', 'v', 'l2', '1', '101', 'd', undefined, 1),
    ]);
    await client.end();
    await store.close();
    expect(given).toMatchObject(Array(2).fill({ reason: { name: 'StoreUnavailable', fate: 'not done' } }));
  });

  it('refuses work beyond its queue at once, and accepts more when there is room', async () => {
    const store = await openPostgresStore(databaseUrl, transactions, { databaseConnections: 1, maxQueued: 2 });
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await client.query('BEGIN; LOCK TABLE settings');
    const taken = [names(store), names(store), names(store)];
    await expect(names(store)).rejects.toMatchObject({ name: 'StoreUnavailable', fate: undefined });
    const changes = [add(store, 'a'), add(store, 'b'), add(store, 'c')];
    await expect(add(store, 'd')).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done' });
    await client.query('COMMIT');
    await Promise.all([...taken, ...changes]);
    expect(await names(store)).toEqual(['a', 'b', 'c']);
    await client.end();
    await store.close();
  });

  it.each(['settings', 'tokens', 'apps', 'nodes', 'locks', 'records', 'devices'])(
    'is not ready without the table %s, because a create needs it',
    async (table) => {
      await isReady();
      await direct.transact('query', `ALTER TABLE ${table} RENAME TO gone`);
      try {
        await expect(direct.check()).rejects.toThrow(table);
      } finally {
        await direct.transact('query', `ALTER TABLE gone RENAME TO ${table}`);
      }
      await isReady();
      expect(await direct.read('SELECT user_id FROM locks WHERE user_id LIKE ?', 'check%')).toEqual([]);
      expect(await direct.read('SELECT record_id FROM records')).toEqual([]);
    },
  );

  it('is not ready while nothing can be written, or nobody answers', async () => {
    const readOnly = new URL(databaseUrl);
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await client.query('BEGIN; LOCK TABLE records');
    await expect(direct.check()).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await client.query('COMMIT');
    await client.end();
    readOnly.searchParams.set('options', `${readOnly.searchParams.get('options')} -cdefault_transaction_read_only=on`);
    const opened = openPostgresStore(readOnly.href, transactions);
    await expect(opened).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('read-only'),
    });
    await isReady();
  });

  it('accepts no more work after close() is called, and finishes the work under way', async () => {
    await using connected = await connect();
    const { store } = connected;
    const underWay = store.read('SELECT 1 AS one FROM pg_sleep(0.2)');
    const closed = store.close();
    await expect(add(store, 'late')).rejects.toThrow('the store is closed');
    await expect(underWay).resolves.toEqual([{ one: 1 }]);
    await closed;
  });

  it('opens no more connections than it may, and closes all of them', async () => {
    const store = await openPostgresStore(`${databaseUrl}&application_name=limited`, transactions);
    const watcher = new pg.Client(databaseUrl);
    await watcher.connect();
    const connections = async (): Promise<number> => {
      const sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limited'";
      return Number((await watcher.query(sql)).rows[0].count);
    };
    await Promise.all(Array.from({ length: 60 }, () => store.read('SELECT pg_sleep(0.02)')));
    expect(await connections()).toBe(20);
    expect(store.load()).toEqual({ reads: 0, changes: 0, connections: 20 });
    await store.close();
    await expect.poll(connections).toBe(0);
    await watcher.end();
  });
});
