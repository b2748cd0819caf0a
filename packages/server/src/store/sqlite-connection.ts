import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { missingIn, schemaSql } from './sqlite-schema.ts';
import { type Fate, type Row, StoreUnavailable, type Value } from './store.ts';

/** A connection to a SQLite database. Each call blocks its thread until the disk has answered. */
export interface SqliteConnection {
  /** Runs one statement, and keeps it prepared. */
  run(sql: string, values?: readonly Value[]): Row[];
  /** Runs statements without keeping them prepared, and returns none of their rows. */
  exec(sql: string): void;
  /** Rolls back the open transaction, if there is one. Does not throw. */
  rollBack(): void;
  /**
   * Converts an error to the one that callers get: `StoreUnavailable` if its cause may pass or the database is damaged,
   * otherwise the error itself.
   *
   * @param fate The fate of the change that was asked for.
   */
  asUnavailable(error: unknown, fate: Fate | undefined): unknown;
  close(): void;
}

// Result codes of SQLite (https://sqlite.org/rescode.html). BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN may pass.
const passingCodes = new Set([5, 6, 8, 10, 13, 14]);
const ioErrorCode = 10;
// CORRUPT, NOTADB.
const corruptCodes = new Set([11, 26]);
// ERROR: a mistake in a statement, or a missing table.
const errorCode = 1;

/**
 * Opens a SQLite database.
 *
 * @param readOnly Whether the connection can only read. Otherwise the file is created if it does not exist.
 * @throws Error if the database cannot be opened.
 */
export function openSqliteConnection(file: string, readOnly: boolean): SqliteConnection {
  // The file is created here, because other users could read one that SQLite creates. Its log gets the same mode. Only
  // if the file is missing: closing a file ends every lock that this process has on it, even those of another store.
  if (!readOnly && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { readOnly });
  const statements = new Map<string, StatementSync>();

  function run(sql: string, values: readonly Value[] = []): Row[] {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    // Not the statement's run(): that also reads the last row id, which may not fit into a double.
    return statement.all(...values) as Row[];
  }

  try {
    // Another process, such as the command that issues credentials, may be writing for a moment.
    database.exec('PRAGMA busy_timeout = 2000');
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      // A long read by another program makes the log longer than it ever needs to be again. It is then cut to this
      // size.
      database.exec(`PRAGMA journal_size_limit = ${16 * 1024 * 1024}`);
    }
    // The first read creates the log, which then exists until the database is closed.
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
        // The caller gets the error that led here. The rollback is tried again before the next commit.
      }
    },
    asUnavailable(cause, fate) {
      const code = codeOf(cause);
      const isCorrupt = corruptCodes.has(code);
      const missing = code === errorCode ? missingIn(run(schemaSql)) : undefined;
      // SQLite keeps the damaged pages in memory. They are dropped, so that it reads the file again once it is
      // repaired.
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

/** Returns the fate of a change whose commit failed. After an I/O error all of it may be in the log, unsynced. */
export const fateAfterCommit = (error: unknown): Fate => (codeOf(error) === ioErrorCode ? 'unknown' : 'not done');

/** Returns the primary result code, which is the low byte; 0 if the error is not from SQLite. */
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
