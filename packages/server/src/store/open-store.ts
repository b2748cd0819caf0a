import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Keys, loadKeys } from '../auth/keys.ts';
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
}

/**
 * Checks the name of a data folder, given by the command's user or by a program without types.
 *
 * @param name As whoever gave it writes it, such as `--data`.
 * @throws TypeError with a message for them.
 */
export function checkData(name: string, data: unknown): asserts data is string {
  if (typeof data === 'string' && data !== '') return;
  throw new TypeError(`${name} must be the path of a folder, not ${inspect(data)}`);
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

/**
 * Checks a limit of the store.
 *
 * @throws TypeError with a message for whoever gave it.
 */
export function checkLimit(name: string, limit: unknown): asserts limit is number {
  if (Number.isInteger(limit) && Number(limit) > 0 && Number(limit) <= mostLimit) return;
  throw new TypeError(`${name} must be an integer from 1 to ${mostLimit}, not ${inspect(limit)}`);
}

/** The longest that a timer can wait, in milliseconds. */
const mostLimit = 2 ** 31 - 1;

/**
 * Opens the store and the key file that belongs to it.
 *
 * @throws Error where one of them cannot be opened, or the key file is not the one that the store was made with.
 */
export async function openStorage({
  data = './koodrive-data',
  databaseUrl,
  ...options
}: StorageOptions & StoreOptions): Promise<{ store: Store; keys: Keys }> {
  makeFolder(data);
  const keyFile = join(data, 'key');
  const databaseFile = join(data, 'records.sqlite');
  if (!databaseUrl && existsSync(databaseFile) && !existsSync(keyFile)) {
    throw new Error(`the key file ${keyFile} is missing, and ${databaseFile} was made with it: put it back`);
  }
  // SQLite would make a new database, and remove the log that may hold the last records of the other.
  if (!databaseUrl && existsSync(`${databaseFile}-wal`) && !existsSync(databaseFile)) {
    throw new Error(
      `${databaseFile} is missing, and its log ${databaseFile}-wal is there: put it back, or remove the log too`,
    );
  }
  const keys = loadKeys(keyFile);
  const store = databaseUrl
    ? await openPostgresStore(databaseUrl, transactions, options)
    : await openSqliteStore(databaseFile, options);
  try {
    await checkKey(store, keys, keyFile);
    return { store, keys };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function makeFolder(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** With another key no app could sign and no cursor would be good: better not to start. */
async function checkKey(store: Store, { fingerprint }: Keys, keyFile: string): Promise<void> {
  const known = await store.transact('keepSetting', 'key', fingerprint);
  if (known !== fingerprint) throw new Error(`${keyFile} is not the key file that this database was made with`);
}
