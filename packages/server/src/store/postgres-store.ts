import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from './migrations.ts';
import {
  type Argument,
  type Fate,
  type ResultOf,
  type Row,
  type Statement,
  type Store,
  StoreUnavailable,
  type Transactions,
  type TransactionTable,
  type Value,
  type Work,
} from './store.ts';

/** After what a transaction is to be run again (PostgreSQL, appendix A). */
const retryCodes = new Set([
  // Serialization failure and deadlock.
  '40001',
  '40P01',
  // Two servers that make the same row at once, or the same table: IF NOT EXISTS only looks whether one was there before.
  '23505',
  '42710',
  '42P07',
]);
/**
 * How long a connection may take, how long a statement, and how long a transaction is run again, in milliseconds. Not how
 * often: in a crowd it is much more often than alone, and takes no longer.
 */
const timeoutMs = 5000;

/** Whether something is a URL that {@link openPostgresStore} understands. Asked of programs without types, too. */
export function isDatabaseUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) return false;
  try {
    // It reads the URL, and connects to nothing yet.
    new pg.Client(url);
    return true;
  } catch (error) {
    // Of all else that can be wrong, such as a certificate's file that is not there, connecting tells.
    return (error as NodeJS.ErrnoException).code !== 'ERR_INVALID_URL';
  }
}

/**
 * Connects to a PostgreSQL database, or to one that speaks its protocol and its plain SQL. Every transaction is
 * serializable, and is run again where the database asks for it. Connections that break are replaced.
 *
 * @param connectionString A URL, `postgres://user:password@host:port/database`.
 * @param transactions Those that it can run.
 * @throws Error where the database cannot be reached, or is of a newer version of the server.
 */
export async function openPostgresStore<Table extends TransactionTable & Transactions>(
  connectionString: string,
  transactions: Table,
): Promise<Store<Table>> {
  const pool = new pg.Pool({
    connectionString,
    max: 20,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    keepAlive: true,
  });
  // An idle connection that breaks is taken out of the pool; whoever needs one gets another.
  pool.on('error', () => {});
  const store = createPostgresStore(pool, transactions);
  try {
    await migrate(store, 'BIGINT');
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function createPostgresStore<Table extends TransactionTable>(pool: pg.Pool, transactions: Table): Store<Table> {
  /** Each statement has a name, by which a connection keeps it prepared. */
  const prepared = new Map<string, { name: string; text: string }>();

  async function run(client: pg.ClientBase | pg.Pool, { sql, values }: Statement): Promise<Row[]> {
    let statement = prepared.get(sql);
    if (!statement) {
      let count = 0;
      statement = { name: `s${prepared.size}`, text: sql.replace(/\?/g, () => `$${++count}`) };
      prepared.set(sql, statement);
    }
    const { rows } = await client.query<Row>({ ...statement, values: [...values] }).catch(throwBroken);
    return rows;
  }

  async function attempt<Result>(steps: Work<Result>): Promise<Result> {
    const client = await pool.connect().catch(throwBroken);
    let broken = false;
    const noteBroken = (): void => {
      broken = true;
    };
    // A connection that breaks between two statements says so here, and would end the process.
    client.on('error', noteBroken);
    try {
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE').catch(throwBroken);
      let step = steps.next();
      while (!step.done) step = steps.next(await run(client, step.value));
      await client.query('COMMIT').catch(throwUnlessRolledBack);
      return step.value;
    } catch (error) {
      // Of a connection that does not answer, not even this can be asked: it is closed instead.
      if (error instanceof StoreUnavailable) noteBroken();
      else await client.query('ROLLBACK').catch(noteBroken);
      throw error;
    } finally {
      client.off('error', noteBroken);
      client.release(broken);
    }
  }

  async function transact<Result>(work: (...args: never[]) => Work<Result>, args: Argument[]): Promise<Result> {
    const begin = performance.now();
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(work(...(args as never[])));
      } catch (error) {
        if (!retryCodes.has(codeOf(error)) || performance.now() - begin > timeoutMs)
          throw asUnavailable(error, 'not done');
        // Full jitter, so that those who met do not meet again.
        await sleep(Math.random() * Math.min(2 ** attempts, 100));
      }
    }
  }

  async function read(sql: string, values: Value[]): Promise<Row[]> {
    try {
      return await run(pool, { sql, values });
    } catch (error) {
      throw asUnavailable(error, undefined);
    }
  }

  function workOf<Name extends keyof Table>(name: Name): (...args: never[]) => Work<ResultOf<Table[Name]>> {
    return transactions[name] as never;
  }

  const load = { reads: 0, changes: 0 };
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;

  /** A pool that ends forgets those who wait for a connection: it may end only after them. */
  async function beforeTheEnd<Result>(fate: Fate | undefined, start: () => Promise<Result>): Promise<Result> {
    if (isClosed) throw new StoreUnavailable('PostgreSQL: the store is closed', { fate });
    const kind = fate ? 'changes' : 'reads';
    load[kind]++;
    const result = start().finally(() => load[kind]--);
    underWay.add(result);
    return result.finally(() => underWay.delete(result));
  }

  return {
    transact: (name, ...args) => beforeTheEnd('not done', () => transact(workOf(name), args)),
    read: (sql, ...values) => beforeTheEnd(undefined, () => read(sql, values)),
    async check() {
      await beforeTheEnd(undefined, () => read('SELECT version FROM schema_version', []));
    },
    load: () => load,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.allSettled(underWay);
      await pool.end();
    },
  };
}

const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError && error.code) || '';

/** What is no answer of the database's comes from the way to it. */
function throwBroken(error: unknown): never {
  throw error instanceof pg.DatabaseError ? error : unavailable(error, undefined);
}

/** A commit that got no answer, or that the end of the session cut off, may have been done. */
function throwUnlessRolledBack(error: unknown): never {
  // 40003: statement completion unknown.
  if (error instanceof pg.DatabaseError && error.severity === 'ERROR' && error.code !== '40003') throw error;
  throw unavailable(error, 'unknown');
}

/**
 * A mistake in a statement stays what it is, and so does what the work throws; all else the database cannot do now.
 *
 * @param fate Of a change that did not come to its commit.
 */
function asUnavailable(error: unknown, fate: Fate | undefined): unknown {
  if (error instanceof StoreUnavailable) return error.fate ? error : unavailable(error.cause ?? error, fate);
  // Classes 22, 23, 42: data, constraints, syntax.
  return codeOf(error) === '' || /^(22|23|42)/.test(codeOf(error)) ? error : unavailable(error, fate);
}

const unavailable = (cause: unknown, fate: Fate | undefined): StoreUnavailable =>
  // An AggregateError, of a host with several addresses, has no message of its own.
  new StoreUnavailable(`PostgreSQL: ${(cause as Error).message || (cause as { code?: string }).code}`, { cause, fate });
