import type * as transactions from './transactions.ts';

/** What a column holds. Numbers of 64 bits go in as bigint, and come out as text. */
export type Value = string | number | bigint | null;

/** An argument of a transaction: it is sent to another thread, so it is flat. */
export type Argument = Value | undefined;

/** A row that a statement gives, by column. */
export type Row = Record<string, Value>;

/** One statement of plain SQL, as every engine here speaks it, with a `?` for each value. */
export interface Statement {
  /** What stands between `/*!` and `*\/` is for PostgreSQL only: SQLite takes it for a comment. */
  sql: string;
  values: readonly Value[];
  /**
   * The statement may be committed before the next one of its transaction runs. `shared`: with those of others, which is
   * safe only for a statement that locks nothing which others of its kind could wait for.
   */
  commit?: 'alone' | 'shared';
  /** The statement waits for the turn of its transaction, as {@link takeTurn} says. */
  isTurn?: boolean;
}

/**
 * The steps of a transaction, whatever engine runs them: it yields statements and is handed their rows. It may be run
 * more than once before it is committed, so it does nothing else.
 */
export type Work<Result> = Generator<Statement, Result, Row[]>;

/** Yields one statement: `const rows = yield* query('SELECT …', value)`. By itself it is a transaction too. */
export function* query(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values };
}

/**
 * Yields a statement that is right by itself, whatever is committed before and after it: PostgreSQL then needs one round
 * trip for it, and none for a transaction. If the first statement of a transaction is one, all of them must be.
 */
export function* single(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values, commit: 'alone' };
}

/** Like {@link single}, for a statement that may share its commit with others that arrive at the same time. */
export function* shared(sql: string, ...values: Value[]): Work<Row[]> {
  return yield { sql, values, commit: 'shared' };
}

/**
 * Waits until no other transaction has the turn of a key, and has it until the commit. Yielded first, it is enough for a
 * transaction that must be alone among those of its key only: on PostgreSQL a serializable one would fail beside others.
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
 * Removes rows that have come to their end, the oldest first and some at a time.
 *
 * @param key The column that identifies a row.
 * @param endColumn The column of the time when a row ends, in milliseconds since the Unix epoch.
 * @param until Rows that end later stay, also those that are prolonged meanwhile.
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

/** The arguments of a transaction. One that takes anything but flat values cannot be called. */
type ArgumentsOf<Transaction extends TransactionTable[string]> =
  Parameters<Transaction> extends Argument[] ? Parameters<Transaction> : never;

/** What a transaction returns. */
export type ResultOf<Transaction extends TransactionTable[string]> =
  ReturnType<Transaction> extends Work<infer Result> ? Result : never;

/** Where a server keeps everything. Tests have stores with transactions of their own. */
export interface Store<Table extends TransactionTable = Transactions> {
  /**
   * Runs a transaction as if it were alone.
   *
   * @param name Its name in `transactions.ts`: another thread or process can be told a name, and no function.
   * @param args Its arguments. Never a part of a request that is not known to be flat: deep nesting overflows where it is
   *   copied to another thread.
   * @returns What the transaction returns, once its changes are on disk.
   * @throws StoreUnavailable if it cannot be done now. `fate` says whether it may have been done.
   */
  transact<Name extends keyof Table>(name: Name, ...args: ArgumentsOf<Table[Name]>): Promise<ResultOf<Table[Name]>>;

  /**
   * Runs one statement that only reads, on what is committed and on disk.
   *
   * @throws StoreUnavailable if it cannot be done now. It has no `fate`.
   */
  read(sql: string, ...values: Value[]): Promise<Row[]>;

  /**
   * Looks whether a record could be created now, and writes to know it.
   *
   * @throws Error if not, with the reason.
   */
  check(): Promise<void>;

  /** How many reads it does at once; more of them would only wait in it. */
  readonly readsAtOnce: number;

  /** How many jobs wait to be done now, those under way included. */
  load(): StoreLoad;

  /**
   * Finishes what is under way, and lets go of files and connections. May be called again.
   *
   * @param ms How long that may take, in milliseconds. What is not done by then is refused. Default `storeTimeoutMs`.
   */
  close(ms?: number): Promise<void>;
}

/** How many jobs wait in a store, and what it uses. */
interface StoreLoad {
  reads: number;
  changes: number;
  /** Open connections to PostgreSQL. */
  connections?: number;
}

/** The limits of a store. */
export interface StoreLimits {
  /** How many reads may wait, and how many changes. Beyond that they are refused at once. Default 1024. */
  maxQueued?: number;
  /** How long a read or a change may take before its caller is refused, in milliseconds. Default 5000. */
  storeTimeoutMs?: number;
  /** Most connections to PostgreSQL at once. Default 20. SQLite has none. */
  databaseConnections?: number;
}

/** How a store is opened. */
export interface StoreOptions extends StoreLimits {
  /** Is told of each commit: how long the disk took, in milliseconds, and how many changes shared it. */
  onCommit?: ((ms: number, changes: number) => void) | undefined;
}

/**
 * What is known of a change that was not acknowledged. `not done`: nothing of it is stored, nor will be. `unknown`: it may
 * be stored, now or in a moment.
 */
export type Fate = 'not done' | 'unknown';

/** Which limit of a store was reached: what may wait, or the time that it may take. */
export type ReachedLimit = 'queued' | 'store_time';

/** The store cannot do it now: the disk is full, the database is away, or too busy. Later it may. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** What is known of the change. `undefined` for a read. */
  readonly fate: Fate | undefined;
  /** The limit that was reached, if that is why. */
  readonly limit: ReachedLimit | undefined;
  /** Whether pages of the database are damaged. Requests that need others may do well, and someone has to mend it. */
  readonly isDamage: boolean;

  /**
   * @param message What cannot be done, and why. Never a credential.
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
