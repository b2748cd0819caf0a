import { join } from 'node:path';
import { inspect } from 'node:util';
import { parse } from 'pg-connection-string';
import { parseKeys } from '../auth/key-source.ts';
import type { StoreLimits } from './store.ts';

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

/** Whether a value is a URL that the driver understands. It may come from a program without types. */
function isDatabaseUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) return false;
  try {
    parse(url);
    return true;
  } catch (error) {
    // Connecting reports every other mistake, such as a certificate file that does not exist.
    return (error as NodeJS.ErrnoException).code !== 'ERR_INVALID_URL';
  }
}
