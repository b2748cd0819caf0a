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

/** How many changes the writing thread is handed at a time: as many can share a commit. */
const handedChanges = 128;
/** How many reads the reading thread is handed at a time. Few, because each result may be of a megabyte. */
const handedReads = 16;

/** Reads of requests that are worth doing at once: one is done after the other, and a page of a list takes long. */
const readsAtOnce = 2;
/** How long a migration may take, in milliseconds: the longest that a timer can wait. */
const migrationMs = 2 ** 31 - 1;

/**
 * Opens a SQLite database, and creates it if there is none. One thread writes and another one reads, so that reading
 * neither waits for the disk of the writer nor holds it up, and this thread serves while both wait. What arrives while the
 * disk is busy shares the next commit.
 *
 * @param file Path of the database.
 * @param transactions URL of the module with its transactions; tests have their own.
 * @throws Error if the file cannot be opened, or is of a newer version of the server.
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
    // Last, because the last one to close the database puts the log into it, which takes one that may write.
    await writer.close(Math.max(0, end - performance.now()));
  }

  return {
    transact: transactIn(writer),
    read,
    async check() {
      const damage = reader.damage() ?? writer.damage();
      if (damage) throw damage;
      const [schema] = await Promise.all([read(schemaSql), writer.run({ transaction: 'tryCreate', args: [] })]);
      // Without an index records can be created, until one of them takes too long.
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
