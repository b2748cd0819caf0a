import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { rememberFiles } from './database-files.ts';
import { type Connection, commitTogether } from './group-commit.ts';
import type { Job, Waiting } from './job.ts';
import { type Fate, type Row, type Statement, StoreUnavailable, type TransactionTable, type Value } from './store.ts';
import * as transactions from './transactions.ts';

/** Runs the jobs of a store. */
export interface SqliteEngine {
  /** Batch size: jobs are handed over as soon as this many wait, so that the thread starts before the turn ends. */
  readonly enough?: number;
  /** Runs these jobs together, after those that it got before, and answers each caller. */
  perform(jobs: Job[]): void;
  /** Closes the files. Call it when no job is left, and call nothing afterwards. */
  close(): void | Promise<void>;
}

// SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN (https://sqlite.org/rescode.html).
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14]);
const ioError = 10;

/**
 * Opens a SQLite database, and creates its file if there is none.
 *
 * @param table The transactions that it can run; tests have their own.
 * @throws Error if it cannot be opened.
 */
export function openSqliteEngine(file: string, table: TransactionTable = transactions): SqliteEngine {
  // Made here, because SQLite would let others read it; its log gets the same mode. Only where it is missing: to close a
  // file ends every lock that this process has on it, another store's too.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    return createSqliteEngine(database, table);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The engine of an open database. Transactions of one call share one commit (`group-commit.ts`). Everything is done when
 * a call returns: the calling thread waits for the disk, so it should have no other work.
 */
export function createSqliteEngine(database: DatabaseSync, table: TransactionTable = transactions): SqliteEngine {
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
        reject(asUnavailable(error, undefined));
      }
    }
    rollBack();
  }

  const connection: Connection = {
    transactions: table,
    run,
    rollBack,
    checkFiles: files.check,
    asUnavailable: (error, isCommitting) =>
      asUnavailable(error, isCommitting && codeOf(error) === ioError ? 'unknown' : 'not done'),
  };

  return {
    perform(jobs) {
      const transactions = jobs.filter((job) => 'transaction' in job);
      const readings = jobs.filter((job) => 'sql' in job);
      if (transactions.length > 0) commitTogether(connection, transactions);
      if (readings.length > 0) readAll(readings);
    },
    close() {
      statements.clear();
      database.close();
      files.setLogAside();
    },
  };
}

function asUnavailable(error: unknown, fate: Fate | undefined): unknown {
  if (!unavailableCodes.has(codeOf(error))) return error;
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error, fate });
}

/** The primary result code, which is the low byte. 0 if it is no error of SQLite's. */
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
