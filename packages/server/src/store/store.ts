import type * as transactions from './transactions.ts';

/** A value of a column. Integers of 64 bits are passed in as bigint, and returned as text. */
export type Value = string | number | bigint | null;

/** An argument of a transaction. It is flat, because it is copied to another thread. */
export type Argument = Value | undefined;

/** A row that a statement returns, by column. */
export type Row = Record<string, Value>;

/** One statement of plain SQL that both engines understand, with a `?` for each value. */
export interface Statement {
  /** Text between `/*!` and `*\/` is for PostgreSQL only: to SQLite it is a comment. */
  sql: string;
  values: readonly Value[];
  /**
   * Set if the statement may be committed before the next one of its transaction runs. `shared`: together with
   * statements of other transactions, which is safe only if it takes no lock for which another such statement could
   * wait.
   */
  commit?: 'alone' | 'shared';
  /** Set if the statement waits for the turn of its transaction: see {@link takeTurn}. */
  isTurn?: boolean;
}

/**
 * The steps of a transaction, whatever engine runs them: a generator that yields statements and receives their rows. It
 * may be run more than once before it is committed, so it must not do anything else.
 */
export type Work<Result> = Generator<Statement, Result, Row[]>;

/** Yields one statement: `const rows = yield* query('SELECT …', value)`. It is a transaction by itself, too. */
export function* query(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values };
}

/**
 * Yields a statement that is correct by itself, whatever others commit before and after it. PostgreSQL then needs one
 * round trip for it, and none to begin and commit a transaction. If the first statement of a transaction is `single` or
 * `shared`, all of them must be.
 */
export function* single(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values, commit: 'alone' };
}

/** Like {@link single}, for a statement that may share its commit with others that arrive at the same time. */
export function* shared(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values, commit: 'shared' };
}

/**
 * Waits for the turn of a key, and keeps it until the commit. One transaction at a time has the turn. This must be
 * the first step. A transaction that conflicts only with those of the same key then needs no serializable isolation. On
 * PostgreSQL serializable transactions would fail beside each other.
 */
export function* takeTurn(key: bigint): Work<void> {
  const sql = 'SELECT 1 AS turn /*! FROM pg_advisory_xact_lock($1) */ WHERE CAST(? AS BIGINT) IS NOT NULL';
  yield { sql, values: [key], isTurn: true };
}

/** Runs the steps of a transaction, one after the other. */
export function runSteps<Result>(steps: Work<Result>, run: (sql: string, values: readonly Value[]) => Row[]): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(run(step.value.sql, step.value.values));
  return step.value;
}

/** How many rows one transaction removes, so that none is long. */
const removalBatch = 500;

/**
 * Removes a limited number of rows that have ended, the oldest first.
 *
 * @param key The column that identifies a row.
 * @param endColumn The column of the time when a row ends, in milliseconds since the Unix epoch.
 * @param until Rows that end later stay, including those that are prolonged while this runs.
 * @returns Whether there may be more.
 */
export function* removeEnded(table: string, key: string, endColumn: string, until: number): Work<boolean> {
  const removed = yield* single(
    `DELETE FROM ${table} WHERE ${key} IN (
       SELECT ${key} FROM ${table} WHERE ${endColumn} <= ? ORDER BY ${endColumn} LIMIT ?
     ) AND ${endColumn} <= ? RETURNING 1 AS removed`,
    until,
    removalBatch,
    until,
  );
  return removed.length === removalBatch;
}

/** Transactions by name: the steps of each, as a function of its arguments. */
export type TransactionTable = Record<string, (...args: never[]) => Work<unknown>>;

/** The transactions of this server. */
export type Transactions = typeof transactions;

/** The arguments of a transaction. A transaction with an argument that is not flat cannot be called. */
type ArgumentsOf<Transaction extends TransactionTable[string]> =
  Parameters<Transaction> extends Argument[] ? Parameters<Transaction> : never;

/** The result of a transaction. */
export type ResultOf<Transaction extends TransactionTable[string]> =
  ReturnType<Transaction> extends Work<infer Result> ? Result : never;

/** The store of everything that a server keeps. Tests have stores with transactions of their own. */
export interface Store<Table extends TransactionTable = Transactions> {
  /**
   * Runs a transaction as if it were alone.
   *
   * @param name Its name in `transactions.ts`, because a name can be sent to another thread, and a function cannot.
   * @param args Its arguments. Flat values only: they are copied to another thread, and deep nesting overflows there.
   * @returns The result of the transaction, once its changes are on disk.
   * @throws StoreUnavailable if it cannot be done now. `fate` says whether it may have been done.
   */
  transact<Name extends keyof Table>(name: Name, ...args: ArgumentsOf<Table[Name]>): Promise<ResultOf<Table[Name]>>;

  /**
   * Runs one statement that only reads. It sees only changes that are committed and on disk.
   *
   * @throws StoreUnavailable without a `fate` if it cannot be done now.
   */
  read(sql: string, ...values: Value[]): Promise<Row[]>;

  /**
   * Checks whether a record could be created now: creates one, and removes it again.
   *
   * @throws Error with the reason if it could not.
   */
  check(): Promise<void>;

  /** How many reads the store does at once. More of them would only wait inside it. */
  readonly readsAtOnce: number;

  /** The number of reads and changes that wait, including those under way. */
  load(): StoreLoad;

  /**
   * Finishes the work under way, and closes files and connections. May be called again.
   *
   * @param ms How long that may take, in milliseconds. Work that is not done by then is refused. Default
   *   `storeTimeoutMs`.
   */
  close(ms?: number): Promise<void>;
}

/** The work that waits in a store, and the connections that the store uses. */
interface StoreLoad {
  reads: number;
  changes: number;
  /** Open connections to PostgreSQL. */
  connections?: number;
}

/** The limits of a store. */
export interface StoreLimits {
  /** The most reads that may wait, and the most changes, counted apart. More are refused at once. Default 1024. */
  maxQueued?: number;
  /** How long a read or a change may take before its caller is refused, in milliseconds. Default 5000. */
  storeTimeoutMs?: number;
  /** The most connections to PostgreSQL at once. Default 20. SQLite has none. */
  databaseConnections?: number;
}

/** How a store is opened. */
export interface StoreOptions extends StoreLimits {
  /** Called after each commit: how long the disk took, in milliseconds, and how many changes shared the commit. */
  onCommit?: ((ms: number, changes: number) => void) | undefined;
}

/**
 * What is known about a change that was not acknowledged. `not done`: nothing of it is stored, or ever will be.
 * `unknown`: it may be stored, now or in a moment.
 */
export type Fate = 'not done' | 'unknown';

/** The limit of a store that was reached: `maxQueued`, or `storeTimeoutMs`. */
export type ReachedLimit = 'queued' | 'store_time';

/**
 * The store cannot do now what it was asked for, because the disk is full, for example, or the database is unreachable,
 * damaged or too busy. A later attempt may succeed.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** What is known about the change. `undefined` for a read. */
  readonly fate: Fate | undefined;
  /** The limit that was reached, if that is the reason. */
  readonly limit: ReachedLimit | undefined;
  /**
   * Whether pages of the database are damaged. Someone has to repair it, although requests that need only other pages
   * still succeed.
   */
  readonly isDamage: boolean;

  /**
   * @param message Says what cannot be done, and why. Never contains a credential.
   * @param options The cause, the fate of the change that was asked for, the limit that was reached, and whether the
   *   database is damaged.
   */
  constructor(message: string, { fate, limit, isDamage = false, ...options }: UnavailableOptions = {}) {
    super(message, options);
    this.fate = fate;
    this.limit = limit;
    this.isDamage = isDamage;
  }
}

interface UnavailableOptions extends ErrorOptions {
  fate?: Fate | undefined;
  limit?: ReachedLimit | undefined;
  isDamage?: boolean;
}
