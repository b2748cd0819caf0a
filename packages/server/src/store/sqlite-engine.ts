import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { rememberFiles } from './database-files.ts';
import { type Argument, type Row, type Statement, StoreUnavailable, type Value, type Work } from './store.ts';

/** A transaction that is asked for: the work, and what it is called with. */
export interface Transaction {
  work: (...args: never[]) => Work<unknown>;
  args: Argument[];
}

/** Who waits for it to be done. */
export interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** A transaction, or a statement that only reads. */
export type Job = (Transaction | Statement) & Waiting;

/** What does the jobs of a store. */
export interface SqliteEngine {
  /** How many jobs it is handed at the latest, even where there are more to come: in a thread it begins with them. */
  readonly enough?: number;
  /** Does these jobs together, after those that it was given before, and tells each how it went. */
  perform(jobs: Job[]): void;
  /** Lets go of the files. Nothing is under way then, and nothing comes after it. */
  close(): void | Promise<void>;
}

// SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN (https://sqlite.org/rescode.html).
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14]);

/**
 * Opens a SQLite database, and makes its file where there is none.
 *
 * @throws Error where it cannot be opened.
 */
export function openSqliteEngine(file: string): SqliteEngine {
  // Made here, because SQLite would let others read it; its log gets the same mode. Only where it is missing: to close a
  // file ends every lock that this process has on it, another store's too.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    return createSqliteEngine(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The engine in a database that is open. Transactions that it is given together share one commit, and are told once it is
 * on disk. All is done when a call returns: its thread waits for the disk, so it had better have no other work.
 */
export function createSqliteEngine(database: DatabaseSync): SqliteEngine {
  // Another process may write for a moment: the command that issues credentials.
  database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  // The first look at the database makes the log, which then stays until the database is closed.
  database.exec('SELECT 1 FROM sqlite_schema');
  const files = rememberFiles(`${database.location()}`);
  const statements = new Map<string, StatementSync>();

  function run(sql: string, values: readonly Value[] = []): Row[] {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    // Not run(): it would read the last row id, which is beyond what a double holds.
    return statement.all(...values) as Row[];
  }

  function resultOf({ work, args }: Transaction): unknown {
    const steps = work(...(args as never[]));
    let step = steps.next();
    while (!step.done) step = steps.next(run(step.value.sql, step.value.values));
    return step.value;
  }

  /** Commits transactions together. One that fails by itself must not take the others with it. */
  function commit(jobs: (Transaction & Waiting)[]): void {
    let results: unknown[];
    rollBack();
    try {
      run('BEGIN IMMEDIATE');
      results = jobs.map(resultOf);
      run('COMMIT');
    } catch (cause) {
      rollBack();
      const error = asUnavailable(cause);
      if (jobs.length > 1 && error === cause) for (const job of jobs) commit([job]);
      else rejectAll(jobs, error);
      return;
    }
    try {
      files.check();
    } catch (error) {
      rejectAll(jobs, error);
      return;
    }
    for (const [i, { resolve }] of jobs.entries()) resolve(results[i]);
  }

  function rollBack(): void {
    try {
      if (database.isTransaction) run('ROLLBACK');
    } catch {
      // Whoever waits is told what went wrong before. What is left of it is rolled back before the next commit.
    }
  }

  /** Runs statements in one transaction: to begin one for each would cost more than the statement. */
  function readAll(jobs: (Statement & Waiting)[]): void {
    rollBack();
    try {
      if (jobs.length > 1) run('BEGIN');
    } catch {
      // Then the statements fail too, and each says so.
    }
    for (const { sql, values, resolve, reject } of jobs) {
      try {
        resolve(run(sql, values));
      } catch (error) {
        reject(asUnavailable(error));
      }
    }
    rollBack();
  }

  return {
    perform(jobs) {
      const transactions = jobs.filter((job) => 'work' in job);
      const readings = jobs.filter((job) => 'sql' in job);
      if (transactions.length > 0) commit(transactions);
      if (readings.length > 0) readAll(readings);
    },
    close() {
      statements.clear();
      database.close();
      files.setLogAside();
    },
  };
}

function rejectAll(jobs: Waiting[], error: unknown): void {
  for (const { reject } of jobs) reject(error);
}

function asUnavailable(error: unknown): unknown {
  const { errcode } = error as { errcode?: number };
  // The low byte is the primary code.
  if (errcode === undefined || !unavailableCodes.has(errcode & 0xff)) return error;
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error });
}
