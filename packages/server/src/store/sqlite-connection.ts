import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Fate, type Row, StoreUnavailable, type Value } from './store.ts';

/** A connection to a SQLite database. The thread that calls it waits for the disk. */
export interface SqliteConnection {
  /** Runs one statement. */
  run(sql: string, values?: readonly Value[]): Row[];
  /** Rolls back whatever is open. Does not throw. */
  rollBack(): void;
  close(): void;
}

// SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN (https://sqlite.org/rescode.html).
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14]);
const ioErrorCode = 10;

/**
 * Opens a SQLite database.
 *
 * @param readOnly Whether it is only read. Otherwise its file is created if there is none.
 * @throws Error if it cannot be opened.
 */
export function openSqliteConnection(file: string, readOnly: boolean): SqliteConnection {
  // Created here, because SQLite would let others read it; its log gets the same mode. Only if it is missing: to close a
  // file ends every lock that this process has on it, another store's too.
  if (!readOnly && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { readOnly });
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

  try {
    // Another process may write for a moment: the command that issues credentials.
    database.exec('PRAGMA busy_timeout = 2000');
    if (!readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    // The first look at the database creates its log, which then stays until the database is closed.
    database.exec('SELECT 1 FROM sqlite_schema');
  } catch (error) {
    database.close();
    throw error;
  }

  return {
    run,
    rollBack() {
      try {
        if (database.isTransaction) run('ROLLBACK');
      } catch {
        // Whoever waits is told what went wrong before. What is left of it is rolled back before the next commit.
      }
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

/**
 * Turns an error of SQLite into the one that callers get, if it is one that may pass.
 *
 * @param fate Of the change that was asked for.
 */
export function asUnavailable(error: unknown, fate: Fate | undefined): unknown {
  if (!unavailableCodes.has(codeOf(error))) return error;
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error, fate });
}

/** What is known of a change after its commit failed: all of it may be in the log if only the sync has failed. */
export const fateAfterCommit = (error: unknown): Fate => (codeOf(error) === ioErrorCode ? 'unknown' : 'not done');

/** The primary result code, which is the low byte. 0 if it is no error of SQLite's. */
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
