import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { defaultServerLimits } from '../limits.ts';
import { checkPostgres } from './check-postgres.ts';
import { migrate } from './migrations.ts';
import { createSharedCommit } from './shared-commit.ts';
import {
  type Argument,
  type Fate,
  type ResultOf,
  type Row,
  type Statement,
  type Store,
  type StoreOptions,
  StoreUnavailable,
  type Transactions,
  type TransactionTable,
  type Value,
  type Work,
} from './store.ts';

/** Error codes after which a transaction is run again (PostgreSQL, appendix A). */
const retryCodes = new Set([
  // Serialization failure and deadlock.
  '40001',
  '40P01',
  // Two servers create the same row or table at once: IF NOT EXISTS does not see a table that is just being created.
  '23505',
  '42710',
  '42P07',
]);

/** How long a transaction of a migration may take, and how long other servers wait for it, in milliseconds. */
const migrationMs = 3_600_000;

/** How long the store's `check` may take, in milliseconds. */
const checkMs = 900;

/**
 * How long a statement that shares its commit waits for the lock of another transaction, in milliseconds. After that it
 * is run alone, and waits longer.
 */
const sharedLockMs = 100;
const beginShared = `BEGIN; SET LOCAL lock_timeout = ${sharedLockMs}`;

/**
 * Opens a store in a PostgreSQL database, or in one that speaks its protocol and its plain SQL. A transaction is
 * serializable, unless it needs less (`single`, `shared` and `takeTurn` in `store.ts`). It is run again if the database
 * asks for that. Broken connections are replaced.
 *
 * @param connectionString A URL, `postgres://user:password@host:port/database`.
 * @param transactions The transactions that the store can run.
 * @throws Error if the database cannot be reached or used, or a newer version of the server has migrated it further.
 */
export async function openPostgresStore<Table extends TransactionTable & Transactions>(
  connectionString: string,
  transactions: Table,
  {
    databaseConnections = defaultServerLimits.databaseConnections,
    storeTimeoutMs = defaultServerLimits.storeTimeoutMs,
    maxQueued = defaultServerLimits.maxQueued,
    onCommit,
  }: StoreOptions = {},
): Promise<Store<Table>> {
  const all = { databaseConnections, storeTimeoutMs, maxQueued, onCommit };
  await checkPostgres(connectionString, storeTimeoutMs).catch(throwBroken);
  // Migrations have a store of their own, because creating an index of many records takes longer than a request may
  // wait.
  const alone = { ...all, databaseConnections: 1, storeTimeoutMs: migrationMs };
  const migrating = createPostgresStore(connectionString, transactions, alone);
  try {
    await migrate(migrating, 'BIGINT');
  } finally {
    await migrating.close();
  }
  return createPostgresStore(connectionString, transactions, all);
}

/** The options of a store, with the defaults filled in. */
type Options = Required<Omit<StoreOptions, 'onCommit'>> & Pick<StoreOptions, 'onCommit'>;

function createPool(connectionString: string, { databaseConnections, storeTimeoutMs }: Options): pg.Pool {
  // The database gives up earlier than this process, which then knows that nothing was done.
  const databaseMs = Math.ceil(storeTimeoutMs * 0.8);
  const settings = [
    `statement_timeout = ${databaseMs}`,
    // Otherwise all would wait for the locks of a process that stops within a transaction.
    `idle_in_transaction_session_timeout = ${databaseMs}`,
    "default_transaction_isolation = 'read committed'",
  ];
  const pool = new pg.Pool({
    connectionString,
    max: databaseConnections,
    connectionTimeoutMillis: storeTimeoutMs,
    keepAlive: true,
    pipeline: true,
    // Not as parameters of the connection, because PgBouncer refuses those.
    onConnect: (client) =>
      client.query({ text: settings.map((setting) => `SET ${setting}`).join(';'), ...within(storeTimeoutMs) }),
  });
  // The pool replaces an idle connection that breaks. Without a listener the event would end the process.
  pool.on('error', () => {});
  return pool;
}

function createPostgresStore<Table extends TransactionTable>(
  connectionString: string,
  transactions: Table,
  options: Options,
): Store<Table> {
  const { databaseConnections, storeTimeoutMs, maxQueued, onCommit } = options;
  const pool = createPool(connectionString, options);
  /** Statements by their SQL. Each has a name, under which a connection keeps it prepared. */
  const prepared = new Map<string, { name: string; text: string }>();

  async function run(client: pg.ClientBase, { sql, values }: Statement, deadline: number): Promise<Row[]> {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = { name: `s${prepared.size}`, text: asPostgres(sql) };
      prepared.set(sql, statement);
    }
    const { rows } = await client.query<Row>({ ...statement, values: [...values], ...until(deadline) });
    return rows;
  }

  /** Lends a connection to `use`. After an error that the database itself did not report, the connection is closed. */
  async function withClient<Result>(use: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    const client = await pool.connect().catch(throwBroken);
    let isBroken = false;
    const noteBroken = (): void => {
      isBroken = true;
    };
    // A connection that breaks between two statements reports it here. Without a listener the event would end the
    // process.
    client.on('error', noteBroken);
    try {
      return await use(client);
    } catch (error) {
      if (error instanceof StoreUnavailable) noteBroken();
      throw error;
    } finally {
      client.off('error', noteBroken);
      client.release(isBroken);
    }
  }

  /** Runs a commit, and reports how long it took. */
  async function timed<Result>(changes: number, commit: () => Promise<Result>): Promise<Result> {
    const begin = performance.now();
    const result = await commit();
    onCommit?.(performance.now() - begin, changes);
    return result;
  }

  const runAlone = (statement: Statement, deadline: number): Promise<Row[]> =>
    withClient((client) => timed(1, () => run(client, statement, deadline).catch(throwUnlessRolledBack)));

  const runTogether = (statements: Statement[], deadline: number): Promise<Row[][] | undefined> =>
    withClient(async (client) => {
      // Nothing is awaited in between, so that all statements are sent at once.
      const begun = client.query({ text: beginShared, ...until(deadline) });
      const results = statements.map((statement) => run(client, statement, deadline));
      const committed = client.query({ text: 'COMMIT', ...until(deadline) });
      const settled = await timed(statements.length, () => Promise.allSettled([begun, ...results, committed]));
      const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      const broken = errors.find((error) => !isRolledBack(error));
      if (broken) throw unavailable(broken, 'unknown');
      return errors.length === 0 ? Promise.all(results) : undefined;
    });

  const runShared = createSharedCommit({ runTogether, runAlone });

  async function runOneByOne<Result>(steps: Work<Result>, first: Statement, deadline: number): Promise<Result> {
    let step: IteratorResult<Statement, Result> = { done: false, value: first };
    while (!step.done) {
      const statement: Statement = step.value;
      step = steps.next(await (statement.commit === 'shared' ? runShared : runAlone)(statement, deadline));
    }
    return step.value;
  }

  const runInTransaction = <Result>(steps: Work<Result>, first: Statement, deadline: number): Promise<Result> =>
    withClient(async (client) => {
      try {
        await client
          .query({ text: first.isTurn ? 'BEGIN' : 'BEGIN ISOLATION LEVEL SERIALIZABLE', ...until(deadline) })
          .catch(throwBroken);
        let step: IteratorResult<Statement, Result> = { done: false, value: first };
        while (!step.done) step = steps.next(await run(client, step.value, deadline).catch(throwBroken));
        await timed(1, () => client.query({ text: 'COMMIT', ...until(deadline) }).catch(throwUnlessRolledBack));
        return step.value;
      } catch (error) {
        // A connection that does not answer cannot roll back either.
        if (error instanceof StoreUnavailable) throw error;
        await client.query({ text: 'ROLLBACK', ...until(deadline) }).catch(throwBroken);
        throw error;
      }
    });

  async function attempt<Result>(steps: Work<Result>, deadline: number): Promise<Result> {
    const first = steps.next();
    if (first.done) return first.value;
    return (first.value.commit ? runOneByOne : runInTransaction)(steps, first.value, deadline);
  }

  async function transact<Result>(
    work: (...args: never[]) => Work<Result>,
    args: Argument[],
    ms: number = storeTimeoutMs,
  ): Promise<Result> {
    const deadline = performance.now() + ms;
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(work(...(args as never[])), deadline);
      } catch (error) {
        if (!retryCodes.has(codeOf(error))) throw asUnavailable(error, 'not done');
        // Full jitter, so that transactions that collided do not collide again.
        await sleep(Math.random() * Math.min(2 ** attempts, 100));
        if (performance.now() > deadline) throw asUnavailable(error, 'not done');
      }
    }
  }

  async function read(sql: string, values: Value[]): Promise<Row[]> {
    const deadline = performance.now() + storeTimeoutMs;
    try {
      return await withClient((client) => run(client, { sql, values }, deadline).catch(throwBroken));
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

  /**
   * Starts work, if the limits allow it, and remembers it for `close`: a pool that ends forgets all who wait for a
   * connection, so it may end only after them.
   */
  async function takeOn<Result>(fate: Fate | undefined, start: () => Promise<Result>): Promise<Result> {
    if (isClosed) throw new StoreUnavailable('PostgreSQL: the store is closed', { fate });
    const kind = fate ? 'changes' : 'reads';
    if (load[kind] >= databaseConnections + maxQueued) {
      throw new StoreUnavailable(`PostgreSQL: ${maxQueued} ${kind} wait for it already`, { fate, limit: 'queued' });
    }
    load[kind]++;
    const result = start().finally(() => load[kind]--);
    underWay.add(result);
    return result.finally(() => underWay.delete(result));
  }

  return {
    transact: (name, ...args) => takeOn('not done', () => transact(workOf(name), args)),
    read: (sql, ...values) => takeOn(undefined, () => read(sql, values)),
    async check() {
      const trying = takeOn('not done', () => transact(workOf('tryCreate'), [], checkMs));
      const late = sleep(checkMs, undefined, { ref: false }).then(() => {
        throw unavailable(new Error(`no record could be created within ${checkMs} ms`), undefined);
      });
      await Promise.race([trying, late]);
    },
    readsAtOnce: databaseConnections,
    load: () => ({ ...load, connections: pool.totalCount }),
    async close(ms = storeTimeoutMs) {
      if (isClosed) return;
      isClosed = true;
      const ended = Promise.allSettled(underWay).then(() => pool.end());
      await Promise.race([ended, sleep(ms, undefined, { ref: false })]);
    },
  };
}

/** Converts a statement to PostgreSQL's form: with numbered values, and with the parts that are for PostgreSQL only. */
function asPostgres(sql: string): string {
  let count = 0;
  return sql.replace(/\/\*!(.*?)\*\//g, '$1').replace(/\?/g, () => `$${++count}`);
}

/** The option of a query that gives up after `ms` milliseconds. The connection is closed then. */
const within = (ms: number): { query_timeout: number } => ({ query_timeout: Math.max(1, Math.ceil(ms)) });

/** Like {@link within}, with a deadline in the time of `performance.now()`. */
const until = (deadline: number): { query_timeout: number } => within(deadline - performance.now());

const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError && error.code) || '';

/** Throws an error of the database as it is. Any other error comes from the connection, so the store is unavailable. */
function throwBroken(error: unknown): never {
  throw error instanceof pg.DatabaseError ? error : unavailable(error, undefined);
}

/**
 * Whether the database has rolled back the change that failed. A commit that got no answer, or was interrupted by the
 * end of the session, may have been done.
 */
const isRolledBack = (error: unknown): boolean =>
  // 40003: statement completion unknown.
  error instanceof pg.DatabaseError && error.severity === 'ERROR' && error.code !== '40003';

function throwUnlessRolledBack(error: unknown): never {
  throw isRolledBack(error) ? error : unavailable(error, 'unknown');
}

/**
 * Converts an error of the database to `StoreUnavailable`, unless it is a mistake in a statement. An error that the
 * work itself throws stays as it is.
 *
 * @param fate The fate of a change that did not reach its commit.
 */
function asUnavailable(error: unknown, fate: Fate | undefined): unknown {
  if (error instanceof StoreUnavailable) return error.fate ? error : unavailable(error.cause ?? error, fate);
  // Classes 22, 23, 42: data, constraints, syntax.
  return codeOf(error) === '' || /^(22|23|42)/.test(codeOf(error)) ? error : unavailable(error, fate);
}

function unavailable(cause: unknown, fate: Fate | undefined): StoreUnavailable {
  const { message, code } = cause as { message?: string; code?: string };
  // 57014: the database cancelled the statement. All messages of pg about its own time limits contain the word.
  const limit = code === '57014' || /timeout/i.test(message ?? '') ? 'store_time' : undefined;
  // An AggregateError (of a host with several addresses) has no message of its own.
  return new StoreUnavailable(`PostgreSQL: ${message || code}`, { cause, fate, limit });
}
