import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type KeyRing, keyInUse, openKeyRing } from '../auth/key-ring.ts';
import { fixedKeySource, type KeySource, keyFileSource, parseKeys } from '../auth/key-source.ts';
import { makeDataFolder } from './data-folder.ts';
import { holdFolder } from './folder-lock.ts';
import { isDatabaseUrl, openPostgresStore } from './postgres-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, StoreLimits, StoreOptions } from './store.ts';
import * as transactions from './transactions.ts';

/** Where a server stores its data and its key, and the limits of its store. */
export interface StorageOptions extends StoreLimits {
  /** Folder of the SQLite database and the key file; created if it does not exist. Default `./koodrive-data`. */
  data?: string;
  /** URL of a PostgreSQL database, which then holds everything but the key file. */
  databaseUrl?: string;
  /** Path of the key file, which is created with a new store. Default: `key` in the data folder. */
  keyFile?: string;
  /** The key itself, 32 bytes in base64, instead of a key file. Older keys may follow, separated by spaces. */
  key?: string;
}

/**
 * Checks the path of a data folder, which comes from a command line or from a program without types.
 *
 * @param name The name of the option as the caller writes it, such as `--data`.
 * @throws TypeError with a message for the caller.
 */
export function checkData(name: string, data: unknown): asserts data is string {
  checkPath(name, data, 'a folder');
}

/** Checks the path of a key file, like {@link checkData}. */
export function checkKeyFile(name: string, file: unknown): asserts file is string {
  checkPath(name, file, 'a file');
}

function checkPath(name: string, path: unknown, what: string): void {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw new TypeError(`${name} must be the path of ${what}, not ${inspect(path)}`);
}

/**
 * Checks a key, like {@link checkData}.
 *
 * @throws Error with a message for the caller, which does not quote the key.
 */
export function checkKey(name: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new TypeError(`${name} must be a key in base64`);
  parseKeys(name, key);
}

/**
 * Checks the URL of a database, like {@link checkData}.
 *
 * @throws TypeError with a message for the caller, which does not quote the URL, because that may hold a password.
 */
export function checkDatabaseUrl(name: string, url: unknown): asserts url is string {
  if (isDatabaseUrl(url)) return;
  throw new TypeError(`${name} must be a URL such as postgres://user:password@host:port/database`);
}

/** An open store, with the keys that belong to it. */
export interface OpenStorage {
  store: Store;
  keys: KeyRing;
  keySource: KeySource;
  /** The data folder, if its SQLite database was created just now; otherwise `undefined`. */
  newFolder: string | undefined;
}

/** Returns the paths of the files of a store. */
export const filesOf = ({ data = './koodrive-data', keyFile = join(data, 'key') }: StorageOptions): StorageFiles => ({
  data,
  keyFile,
  database: join(data, 'records.sqlite'),
});

/** Paths of the files of a store. */
export interface StorageFiles {
  /** The data folder. */
  data: string;
  keyFile: string;
  /** The SQLite database. */
  database: string;
}

/**
 * Checks a limit of the store.
 *
 * @throws TypeError with a message for the caller.
 */
export function checkLimit(name: string, limit: unknown): asserts limit is number {
  if (Number.isInteger(limit) && Number(limit) > 0 && Number(limit) <= mostLimit) return;
  throw new TypeError(`${name} must be a whole number from 1 to ${mostLimit}, not ${inspect(limit)}`);
}

/** The largest value of any limit: the longest time that a timer of Node can wait, in milliseconds. */
const mostLimit = 2 ** 31 - 1;

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
    const store = databaseUrl
      ? await openPostgresStore(databaseUrl, transactions, options)
      : await openSqliteStore(database, options);
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
