import { extname } from 'node:path';
import { defaultServerLimits } from '../limits.ts';
import { migrate } from './migrations.ts';
import { missingIn, schemaSql } from './sqlite-schema.ts';
import { type SqliteThread, startSqliteThread } from './sqlite-thread.ts';
import {
  type Row,
  type Store,
  type StoreOptions,
  StoreUnavailable,
  type Transactions,
  type TransactionTable,
} from './store.ts';

/** The most changes that the writing thread has at a time, and so the most that can share a commit. */
const handedChanges = 128;
/** The most reads that the reading thread has at a time. Few, because each result may hold a megabyte. */
const handedReads = 16;

/**
 * How many reads of requests are worth starting at once. Few, because the thread does one after the other, and a page
 * of a list takes long.
 */
const readsAtOnce = 2;
/** How long a migration may take, in milliseconds: the longest time that a timer can wait. */
const migrationMs = 2 ** 31 - 1;

/**
 * Opens a store in a SQLite database, and creates the database if it does not exist. One thread writes and another one
 * reads, so that a read neither waits for a commit nor holds it up, and this thread serves requests while both wait for
 * the disk. Changes that arrive while the disk is busy share the next commit.
 *
 * @param file Path of the database.
 * @param transactions URL of the module with the transactions; tests have their own.
 * @throws Error if the file cannot be opened, or a newer version of the server has migrated it further.
 */
export async function openSqliteStore<Table extends TransactionTable = Transactions>(
  file: string,
  {
    maxQueued = defaultServerLimits.maxQueued,
    storeTimeoutMs = defaultServerLimits.storeTimeoutMs,
    onCommit,
  }: StoreOptions = {},
  transactions: string = new URL(`./transactions${extname(import.meta.url)}`, import.meta.url).href,
): Promise<Store<Table>> {
  const options = { file, maxQueued, timeoutMs: storeTimeoutMs, onCommit };
  let writer: SqliteThread | undefined;
  try {
    writer = await startSqliteThread({ ...options, transactions, window: handedChanges });
    await migrate({ transact: transactIn(writer, migrationMs) }, 'INTEGER');
    const reader = await startSqliteThread({ ...options, window: handedReads });
    return createStore(writer, reader, storeTimeoutMs);
  } catch (error) {
    await writer?.close(storeTimeoutMs);
    throw new Error(`cannot open ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function createStore<Table extends TransactionTable>(
  writer: SqliteThread,
  reader: SqliteThread,
  timeoutMs: number,
): Store<Table> {
  const read: Store['read'] = (sql, ...values) => reader.run({ sql, values }) as Promise<Row[]>;
  let closing: Promise<void> | undefined;

  async function close(ms: number): Promise<void> {
    const end = performance.now() + ms;
    writer.refuse();
    await reader.close(ms);
    // The writer is closed last: the last connection to close puts the log into the database, and only this one may
    // write.
    await writer.close(Math.max(0, end - performance.now()));
  }

  return {
    transact: transactIn(writer),
    read,
    async check() {
      const damage = reader.damage() ?? writer.damage();
      if (damage) throw damage;
      const [schema] = await Promise.all([read(schemaSql), writer.run({ transaction: 'tryCreate', args: [] })]);
      // `tryCreate` does not notice a missing index: without it records can be created, until a create takes too long.
      const missing = missingIn(schema);
      if (missing) throw new StoreUnavailable(`SQLite: ${missing}`);
    },
    readsAtOnce,
    load: () => ({ reads: reader.waiting(), changes: writer.waiting() }),
    close(ms = timeoutMs) {
      closing ??= close(ms);
      return closing;
    },
  };
}

const transactIn =
  <Table extends TransactionTable>(writer: SqliteThread, ms?: number): Store<Table>['transact'] =>
  (name, ...args) =>
    writer.run({ transaction: String(name), args }, ms) as Promise<never>;
