import type { Job, Transaction } from './job.ts';
import { migrate } from './migrations.ts';
import type { SqliteEngine } from './sqlite-engine.ts';
import { startSqliteThread } from './sqlite-thread.ts';
import {
  type Argument,
  type Statement,
  type Store,
  StoreUnavailable,
  type Transactions,
  type TransactionTable,
} from './store.ts';

/**
 * Opens a SQLite database, and makes it where there is none. All that it does is done in a thread of its own, which waits
 * for the disk while this one serves; what arrives meanwhile shares the next commit.
 *
 * @param file Path of the database.
 * @throws Error where the file cannot be opened, or is of a newer version of the server.
 */
export async function openSqliteStore(file: string): Promise<Store> {
  let store: Store | undefined;
  try {
    store = createSqliteStore(await startSqliteThread(file));
    await migrate(store, 'INTEGER');
    return store;
  } catch (error) {
    await store?.close();
    throw new Error(`cannot open ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The store in an engine, which is handed the jobs of one turn of the event loop together. */
export function createSqliteStore<Table extends TransactionTable = Transactions>(engine: SqliteEngine): Store<Table> {
  let jobs: Job[] = [];
  let isClosed = false;

  function perform(): void {
    const arrived = jobs;
    jobs = [];
    if (arrived.length > 0) engine.perform(arrived);
  }

  function add<Result>(job: Transaction | Statement): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(closedFor(job));
      // At the end of a turn all requests that it brought are in.
      if (jobs.length === 0) setImmediate(perform);
      jobs.push({ ...job, resolve: resolve as Job['resolve'], reject });
      if (jobs.length === engine.enough) perform();
    });
  }

  const transact = <Result>(transaction: string, ...args: Argument[]): Promise<Result> => add({ transaction, args });
  const read: Store['read'] = (sql, ...values) => add({ sql, values });

  return {
    transact: (name, ...args) => transact(String(name), ...args),
    read,
    async check() {
      // It writes, because to read could be possible where to write is not: on a full disk. Something new, because SQLite
      // does not write what is there already.
      await transact('query', "INSERT OR REPLACE INTO settings (name, value) VALUES ('checked', hex(randomblob(8)))");
    },
    async close() {
      if (isClosed) return;
      // It is done when all before it is done.
      const last = read('SELECT 1');
      isClosed = true;
      await last.catch(() => {});
      await engine.close();
    },
  };
}

const closedFor = (job: Transaction | Statement): StoreUnavailable =>
  new StoreUnavailable('SQLite: the store is closed', 'transaction' in job ? { fate: 'not done' } : {});
