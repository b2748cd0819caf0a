import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrate } from './migrations.ts';
import { type Row, type Statement, type Store, StoreUnavailable, type Value, type Work } from './store.ts';

/** What waits for the end of the turn. */
interface Waiting {
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

/** Work that waits for the next commit. */
interface Job extends Waiting {
  work: () => Work<unknown>;
}

/** A statement that waits for the next look at the database. */
interface Reading extends Waiting, Statement {}

// SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN (https://sqlite.org/rescode.html).
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14]);

/**
 * Opens a SQLite database, and makes it where there is none. A commit is on disk before anyone is told of it
 * (WAL with `synchronous=FULL`); all work that arrives in one turn of the event loop shares one.
 *
 * @param file Path of the database.
 * @throws Error where the file cannot be opened, or is of a newer version of the server.
 */
export async function openSqliteStore(file: string): Promise<Store> {
  let store: Store | undefined;
  try {
    // Made here, because SQLite would let others read it; its log gets the same mode.
    closeSync(openSync(file, 'a', 0o600));
    const database = new DatabaseSync(file);
    store = createSqliteStore(database);
    // Another process may write for a moment: the command that issues credentials.
    database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    await migrate(store, 'INTEGER');
    return store;
  } catch (error) {
    await store?.close();
    throw new Error(`cannot open ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The store in a database that is open and has all its tables, or is to be given them. */
export function createSqliteStore(database: DatabaseSync): Store {
  const statements = new Map<string, StatementSync>();
  let jobs: Job[] = [];
  let readings: Reading[] = [];
  let isScheduled = false;

  function run(sql: string, values: readonly Value[] = []): Row[] {
    if (!database.isOpen) throw new StoreUnavailable('SQLite: the store is closed');
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    // Not run(): it would read the last row id, which is beyond what a double holds.
    return statement.all(...values) as Row[];
  }

  function perform<Result>(work: () => Work<Result>): Result {
    const steps = work();
    let step = steps.next();
    while (!step.done) step = steps.next(run(step.value.sql, step.value.values));
    return step.value;
  }

  /** Commits jobs together. */
  function commit(jobs: Job[]): void {
    let results: unknown[];
    rollBack();
    try {
      run('BEGIN IMMEDIATE');
      results = jobs.map(({ work }) => perform(work));
      run('COMMIT');
    } catch (cause) {
      rollBack();
      const error = asUnavailable(cause);
      // One that fails by itself must not take the others with it.
      if (jobs.length > 1 && error === cause) for (const job of jobs) commit([job]);
      else for (const { reject } of jobs) reject(error);
      return;
    }
    for (const [i, { resolve }] of jobs.entries()) resolve(results[i] as never);
  }

  function rollBack(): void {
    try {
      if (database.isTransaction) run('ROLLBACK');
    } catch {
      // Whoever waits is told what went wrong before. What is left of it is rolled back before the next commit.
    }
  }

  /** Runs statements in one transaction: to begin one for each would cost more than the statement. */
  function readAll(statements: Reading[]): void {
    rollBack();
    try {
      if (statements.length > 1) run('BEGIN');
    } catch {
      // Then the statements fail too, and each says so.
    }
    for (const { sql, values, resolve, reject } of statements) {
      try {
        resolve(run(sql, values) as never);
      } catch (error) {
        reject(asUnavailable(error));
      }
    }
    rollBack();
  }

  /** At the end of a turn of the event loop all requests that it brought are in. */
  function atEndOfTurn(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    const [read, write] = [readings, jobs];
    [readings, jobs, isScheduled] = [[], [], false];
    if (read.length > 0) readAll(read);
    if (write.length > 0) commit(write);
  }

  return {
    transact(work) {
      return new Promise((resolve, reject) => {
        jobs.push({ work, resolve, reject });
        atEndOfTurn();
      });
    },
    read(sql, ...values) {
      return new Promise((resolve, reject) => {
        readings.push({ sql, values, resolve, reject });
        atEndOfTurn();
      });
    },
    async close() {
      flush();
      statements.clear();
      database.close();
    },
  };
}

function asUnavailable(error: unknown): unknown {
  const { errcode } = error as { errcode?: number };
  // The low byte is the primary code.
  if (errcode === undefined || !unavailableCodes.has(errcode & 0xff)) return error;
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error });
}
