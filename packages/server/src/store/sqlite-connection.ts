import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { missingIn, schemaSql } from './sqlite-schema.ts';
import { type Fate, type Row, StoreUnavailable, type Value } from './store.ts';

/** A connection to a SQLite database. The thread that calls it waits for the disk. */
export interface SqliteConnection {
  /** Runs one statement, and keeps it prepared. */
  run(sql: string, values?: readonly Value[]): Row[];
  /** Runs statements that are not run again, or return nothing. */
  exec(sql: string): void;
  /** Rolls back whatever is open. Does not throw. */
  rollBack(): void;
  /**
   * Turns an error into the one that callers get: StoreUnavailable if it is one that may pass, or damage to the database.
   *
   * @param fate Of the change that was asked for.
   */
  asUnavailable(error: unknown, fate: Fate | undefined): unknown;
  close(): void;
}

// Result codes of SQLite (https://sqlite.org/rescode.html): BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN may pass.
const passingCodes = new Set([5, 6, 8, 10, 13, 14]);
const ioErrorCode = 10;
// CORRUPT, NOTADB.
const corruptCodes = new Set([11, 26]);
// ERROR: a mistake in a statement, or a table that is not there.
const errorCode = 1;

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
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      // After a long read by another program the log can be longer than it ever needs to be again.
      database.exec(`PRAGMA journal_size_limit = ${16 * 1024 * 1024}`);
    }
    // The first look at the database creates its log, which then stays until the database is closed.
    database.exec('SELECT 1 FROM sqlite_schema');
  } catch (error) {
    database.close();
    throw error;
  }

  return {
    run,
    exec: (sql) => database.exec(sql),
    rollBack() {
      try {
        if (database.isTransaction) run('ROLLBACK');
      } catch {
        // Whoever waits is told what went wrong before. What is left of it is rolled back before the next commit.
      }
    },
    asUnavailable(cause, fate) {
      const code = codeOf(cause);
      const isCorrupt = corruptCodes.has(code);
      const missing = code === errorCode ? missingIn(run(schemaSql)) : undefined;
      // Pages that were read stay in memory. Once the file is mended, they are not to be the damaged ones.
      if (isCorrupt) database.exec('PRAGMA shrink_memory');
      if (!passingCodes.has(code) && !isCorrupt && !missing) return cause;
      const message = `SQLite: ${missing ?? (cause as Error).message}`;
      return new StoreUnavailable(message, { cause, fate, isDamage: isCorrupt });
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

/** What is known of a change after its commit failed: all of it may be in the log if only the sync has failed. */
export const fateAfterCommit = (error: unknown): Fate => (codeOf(error) === ioErrorCode ? 'unknown' : 'not done');

/** The primary result code, which is the low byte. 0 if it is no error of SQLite's. */
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
