import { existsSync } from 'node:fs';
import { type KeyRing, keyInUse, openKeyRing } from '../auth/key-ring.ts';
import { fixedKeySource, type KeySource, keyFileSource } from '../auth/key-source.ts';
import { makeDataFolder } from './data-folder.ts';
import { holdFolder } from './folder-lock.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { filesOf, type StorageOptions } from './storage-options.ts';
import type { Store, StoreOptions } from './store.ts';

/** An open store, with the keys that belong to it. */
export interface OpenStorage {
  store: Store;
  keys: KeyRing;
  keySource: KeySource;
  /** The data folder, if its SQLite database was created just now; otherwise `undefined`. */
  newFolder: string | undefined;
}

/**
 * Opens the store and the keys that belong to it.
 *
 * @param mustExist Whether a missing store is an error. Default: it is created.
 * @throws Error if the store or the keys cannot be opened, or the key that the store uses is not among them.
 */
export async function openStorage(options: StorageOptions & StoreOptions, mustExist = false): Promise<OpenStorage> {
  const { data, database } = filesOf(options);
  const { databaseUrl, key, keyFile } = options;
  if (key !== undefined && keyFile !== undefined) throw new TypeError('give a key or a key file, not both');
  const isNew = !databaseUrl && !existsSync(database);
  if (isNew && mustExist && !existsSync(`${database}-wal`))
    throw new Error(`there is no store in ${data}: check --data`);
  makeDataFolder(data);
  const letGo = databaseUrl ? () => {} : holdFolder(data, 'store');
  try {
    if (!databaseUrl) checkLog(database);
    const store = databaseUrl ? await openDatabase(databaseUrl, options) : await openSqliteStore(database, options);
    const close = async (ms?: number): Promise<void> => {
      await store.close(ms);
      letGo();
    };
    try {
      const keySource = openKeySource(options, (await keyInUse(store)) === undefined);
      const keys = await openKeyRing(store, keySource);
      return { store: { ...store, close }, keys, keySource, newFolder: isNew ? data : undefined };
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    letGo();
    throw error;
  }
}

/** Opens a PostgreSQL database. Its driver is loaded only now, because most servers use SQLite. */
async function openDatabase(url: string, options: StoreOptions): Promise<Store> {
  const [{ openPostgresStore }, transactions] = await Promise.all([
    import('./postgres-store.ts'),
    import('./transactions.ts'),
  ]);
  return openPostgresStore(url, transactions, options);
}

/**
 * Opens the source of the keys that the options name.
 *
 * @param mayMake Whether a missing key file is created.
 * @throws Error if a key file is missing or cannot be created, or a given key is malformed.
 */
export function openKeySource({ key, ...options }: StorageOptions, mayMake: boolean): KeySource {
  if (key === undefined) return keyFileSource(filesOf(options).keyFile, mayMake);
  return fixedKeySource('the given key', key);
}

/**
 * Refuses a log without its database: SQLite would create a new database and remove the log, which may hold the last
 * records of the old one.
 */
function checkLog(database: string): void {
  if (!existsSync(`${database}-wal`) || existsSync(database)) return;
  throw new Error(
    `${database} is missing, but its log ${database}-wal exists: put the database back, or remove the log too`,
  );
}
