/** What a column holds. Numbers of 64 bits go in as bigint, and come out as text. */
export type Value = string | number | bigint | null;

/** What work is called with. */
export type Argument = Value | undefined;

/** A row that a statement gives, by column. */
export type Row = Record<string, Value>;

/** One statement of plain SQL, as every engine here speaks it, with a `?` for each value. */
export interface Statement {
  sql: string;
  values: readonly Value[];
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

/** Where a server keeps everything. */
export interface Store {
  /**
   * Runs work as one transaction, as if it were alone.
   *
   * @param work One of `transactions.ts`: it may be run in another thread, which finds it there by its name.
   * @param args What it is called with. Never a part of a request that is not known to be flat: what is nested deep cannot
   *   be handed to another thread.
   * @returns What the work returns, once its changes are on disk.
   * @throws StoreUnavailable where that cannot be done now; it is not known then whether it was done.
   */
  transact<Args extends Argument[], Result>(work: (...args: Args) => Work<Result>, ...args: Args): Promise<Result>;

  /**
   * Runs one statement that only reads, on what is committed and on disk.
   *
   * @throws StoreUnavailable where that cannot be done now.
   */
  read(sql: string, ...values: Value[]): Promise<Row[]>;

  /**
   * Looks whether it can do its work now.
   *
   * @throws Error where it cannot, with the reason.
   */
  check(): Promise<void>;

  /** Finishes what is under way, and lets go of files and connections. */
  close(): Promise<void>;
}

/** The engine cannot do it now: the disk is full, the database is away, or too busy. Later it may. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
