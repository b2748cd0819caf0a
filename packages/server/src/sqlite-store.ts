import { closeSync, existsSync, fdatasync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { rememberFiles } from './database-files.ts';
import { migrate } from './migrations.ts';
import { type Row, type Statement, type Store, StoreUnavailable, type Value, type Work } from './store.ts';

/** Who waits for work, or for a statement. */
interface Waiting {
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

/** Work that waits for the next commit. */
interface Job extends Waiting {
  work: () => Work<unknown>;
}

/** A statement that waits for the next look at the database. */
interface Reading extends Waiting, Statement {
  /** Whether what it sees may still be on its way to the disk. */
  isPeek: boolean;
}

// SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN (https://sqlite.org/rescode.html).
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14]);

/**
 * Opens a SQLite database, and makes it where there is none. A commit is on disk before anyone is told of it; all work
 * that arrives while the disk is busy with one shares the next.
 *
 * @param file Path of the database.
 * @throws Error where the file cannot be opened, or is of a newer version of the server.
 */
export async function openSqliteStore(file: string): Promise<Store> {
  let store: Store | undefined;
  try {
    // Made here, because SQLite would let others read it; its log gets the same mode. Only where it is missing: to close a
    // file ends every lock that this process has on it, another store's too.
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    store = createSqliteStore(new DatabaseSync(file));
    await migrate(store, 'INTEGER');
    return store;
  } catch (error) {
    await store?.close();
    throw new Error(`cannot open ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The store in a database that has all its tables, or is to be given them.
 *
 * With `synchronous=FULL` SQLite syncs its log within COMMIT, and the thread waits for the disk. So SQLite is left to sync
 * where it moves the log into the database (`NORMAL`), and the store syncs the log itself, off the thread, before it
 * tells of a commit: recovery after a crash reads the log as far as it is whole (https://sqlite.org/walformat.html).
 *
 * @param sync Puts on disk what was written to an open file.
 */
export function createSqliteStore(
  database: DatabaseSync,
  sync: (file: number) => Promise<void> = promisify(fdatasync),
): Store {
  // Another process may write for a moment: the command that issues credentials.
  database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  // The first look at the database makes the log, which then stays until the database is closed.
  database.exec('SELECT 1 FROM sqlite_schema');
  const file = `${database.location()}`;
  const log = openSync(`${file}-wal`, 'r+');
  const files = rememberFiles(file);

  const statements = new Map<string, StatementSync>();
  let jobs: Job[] = [];
  let readings: Reading[] = [];
  let isScheduled = false;
  let isClosed = false;
  /** Until all that is committed is on disk. */
  let syncing: Promise<void> | undefined;
  let isLogBroken = false;

  function run(sql: string, values: readonly Value[] = []): Row[] {
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

  /** Commits jobs together, and gives those that were done, with what they return. The others are told why not. */
  function commit(jobs: Job[]): [Job, unknown][] {
    rollBack();
    try {
      run('BEGIN IMMEDIATE');
      const done = jobs.map((job): [Job, unknown] => [job, perform(job.work)]);
      run('COMMIT');
      return done;
    } catch (cause) {
      rollBack();
      const error = asUnavailable(cause);
      // One that fails by itself must not take the others with it.
      if (jobs.length > 1 && error === cause) return jobs.flatMap((job) => commit([job]));
      for (const { reject } of jobs) reject(error);
      return [];
    }
  }

  function rollBack(): void {
    try {
      if (database.isTransaction) run('ROLLBACK');
    } catch {
      // Whoever waits is told what went wrong before. What is left of it is rolled back before the next commit.
    }
  }

  /** Tells of work once it is on disk. */
  async function tell(done: [Job, unknown][]): Promise<void> {
    try {
      syncing = syncLog();
      await syncing;
      files.check();
      for (const [{ resolve }, result] of done) resolve(result as never);
    } catch (error) {
      for (const [{ reject }] of done) reject(error);
    }
    syncing = undefined;
    if (jobs.length > 0) atEndOfTurn();
  }

  async function syncLog(): Promise<void> {
    try {
      await sync(log);
    } catch (cause) {
      isLogBroken = true;
      throw new StoreUnavailable(`SQLite: its log cannot be synced: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * Moves the log into the database, and begins it anew. What the system failed to put on disk once it may take for
   * done the next time, so another sync of the log would prove nothing.
   */
  function mendLog(): void {
    const [row] = run('PRAGMA wal_checkpoint (TRUNCATE)');
    if (row?.busy !== 0) throw new StoreUnavailable('SQLite: its log is in use, and cannot be mended');
    isLogBroken = false;
  }

  /** Runs statements in one transaction: to begin one for each would cost more than the statement. */
  function readAll(statements: Reading[]): void {
    rollBack();
    try {
      if (statements.length > 1) run('BEGIN');
    } catch {
      // Then the statements fail too, and each says so.
    }
    for (const { sql, values, isPeek, resolve, reject } of statements) {
      try {
        const rows = run(sql, values) as never;
        if (isPeek || !syncing) resolve(rows);
        else syncing.then(() => resolve(rows), reject);
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
    isScheduled = false;
    const reading = readings;
    readings = [];
    // What arrives while the disk is busy would wait for it in any case, and is cheaper to commit together.
    const working = syncing ? [] : jobs;
    if (!syncing) jobs = [];
    try {
      if (isLogBroken) mendLog();
    } catch (error) {
      for (const { reject } of [...reading, ...working]) reject(asUnavailable(error));
      return;
    }
    if (reading.length > 0) readAll(reading);
    if (working.length > 0) tell(commit(working));
  }

  function enqueue<Result>(add: (waiting: Waiting) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(new StoreUnavailable('SQLite: the store is closed'));
      add({ resolve, reject });
      atEndOfTurn();
    });
  }

  const read: Store['read'] = (sql, ...values) =>
    enqueue((waiting) => readings.push({ sql, values, isPeek: false, ...waiting }));

  return {
    read,
    transact: (work) => enqueue((waiting) => jobs.push({ work, ...waiting })),
    peek: (sql, ...values) => enqueue((waiting) => readings.push({ sql, values, isPeek: true, ...waiting })),
    async check() {
      await read('SELECT version FROM schema_version');
      files.check();
    },
    async close() {
      isClosed = true;
      while (syncing || jobs.length + readings.length > 0) {
        flush();
        await syncing?.catch(() => {});
      }
      statements.clear();
      database.close();
      closeSync(log);
      files.setLogAside();
    },
  };
}

function asUnavailable(error: unknown): unknown {
  const { errcode } = error as { errcode?: number };
  // The low byte is the primary code.
  if (errcode === undefined || !unavailableCodes.has(errcode & 0xff)) return error;
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error });
}
