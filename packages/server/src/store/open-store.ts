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

/** Where a server keeps what it keeps. */
export interface StorageOptions extends StoreLimits {
  /** Folder of the SQLite database and the key file; made where there is none. Default `./koodrive-data`. */
  data?: string;
  /** URL of a PostgreSQL database, which then holds everything but the key file. */
  databaseUrl?: string;
  /** The key file; made if there is none. Default: `key` in the data folder. */
  keyFile?: string;
  /** The key itself, 32 bytes in base64, instead of a key file; older ones may follow, with spaces between them. */
  key?: string;
}

/**
 * Checks the name of a data folder, given by the command's user or by a program without types.
 *
 * @param name As whoever gave it writes it, such as `--data`.
 * @throws TypeError with a message for them.
 */
export function checkData(name: string, data: unknown): asserts data is string {
  checkPath(name, data, 'a folder');
}

/** Checks the name of a key file, as {@link checkData} does a folder. */
export function checkKeyFile(name: string, file: unknown): asserts file is string {
  checkPath(name, file, 'a file');
}

function checkPath(name: string, path: unknown, what: string): void {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw new TypeError(`${name} must be the path of ${what}, not ${inspect(path)}`);
}

/**
 * Checks a key, as {@link checkData} does a folder. What is wrong is not quoted.
 *
 * @throws Error with a message for whoever gave it.
 */
export function checkKey(name: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new TypeError(`${name} must be a key in base64`);
  parseKeys(name, key);
}

/**
 * Checks the URL of a database, as {@link checkData} does a folder. What is wrong is not quoted: it may hold a password.
 *
 * @throws TypeError with a message for whoever gave it.
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
  /** The data folder, if it had no SQLite database before. */
  newFolder: string | undefined;
}

/** The names of the files of a store. */
export const filesOf = ({ data = './koodrive-data', keyFile = join(data, 'key') }: StorageOptions): StorageFiles => ({
  data,
  keyFile,
  database: join(data, 'records.sqlite'),
});

/** Where the files of a store are. */
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
 * @throws TypeError with a message for whoever gave it.
 */
export function checkLimit(name: string, limit: unknown): asserts limit is number {
  if (Number.isInteger(limit) && Number(limit) > 0 && Number(limit) <= mostLimit) return;
  throw new TypeError(`${name} must be a whole number from 1 to ${mostLimit}, not ${inspect(limit)}`);
}

/** The longest that a timer can wait, in milliseconds. */
const mostLimit = 2 ** 31 - 1;

/**
 * Opens the store and the keys that belong to it.
 *
 * @param mustExist Whether a store that is not there is an error. By default it is made.
 * @throws Error where one of them cannot be opened, or the key is not the one that the store was made with.
 */
export async function openStorage(options: StorageOptions & StoreOptions, mustExist = false): Promise<OpenStorage> {
  const { data, database } = filesOf(options);
  const { databaseUrl, key, keyFile } = options;
  if (key !== undefined && keyFile !== undefined) throw new TypeError('give a key or a key file, not both');
  const isNew = !databaseUrl && !existsSync(database);
  if (isNew && mustExist && !existsSync(`${database}-wal`)) throw new Error(`there is no store in ${data}`);
  makeDataFolder(data);
  const letGo = databaseUrl ? () => {} : holdFolder(data, 'store');
  try {
    if (!databaseUrl) checkLog(database);
    const store = databaseUrl
      ? await openPostgresStore(databaseUrl, transactions, options)
      : await openSqliteStore(database, options);
    const close = async (): Promise<void> => {
      await store.close();
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
 * The keys that the options name.
 *
 * @param mayMake Whether a key file that is missing is made.
 * @throws Error if they cannot be had.
 */
export function openKeySource({ key, ...options }: StorageOptions, mayMake: boolean): KeySource {
  if (key === undefined) return keyFileSource(filesOf(options).keyFile, mayMake);
  return fixedKeySource('the key that was given', key);
}

/** SQLite would make a new database, and remove the log that may hold the last records of the other. */
function checkLog(database: string): void {
  if (!existsSync(`${database}-wal`) || existsSync(database)) return;
  throw new Error(`${database} is missing, and its log ${database}-wal is there: put it back, or remove the log too`);
}
