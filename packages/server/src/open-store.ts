import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Keys, loadKeys } from './keys.ts';
import { openPostgresStore } from './postgres-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { query, type Store } from './store.ts';

/** Where a server keeps what it keeps. */
export interface StorageOptions {
  /** Folder of the SQLite database and the key file; made where there is none. Default `./koodrive-data`. */
  data?: string;
  /** URL of a PostgreSQL database, which then holds everything but the key file. */
  databaseUrl?: string;
}

/**
 * Opens the store and the key file that belongs to it.
 *
 * @throws Error where one of them cannot be opened, or the key file is not the one that the store was made with.
 */
export async function openStorage({
  data = './koodrive-data',
  databaseUrl,
}: StorageOptions): Promise<{ store: Store; keys: Keys }> {
  makeFolder(data);
  const keyFile = join(data, 'key');
  const databaseFile = join(data, 'records.sqlite');
  if (!databaseUrl && existsSync(databaseFile) && !existsSync(keyFile)) {
    throw new Error(`the key file ${keyFile} is missing, and ${databaseFile} was made with it: put it back`);
  }
  const keys = loadKeys(keyFile);
  const store = databaseUrl ? await openPostgresStore(databaseUrl) : await openSqliteStore(databaseFile);
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
  const known = await store.transact(function* () {
    const sql = "INSERT INTO settings (name, value) VALUES ('key', ?) ON CONFLICT (name) DO NOTHING";
    yield* query(sql, fingerprint);
    const [row] = yield* query("SELECT value FROM settings WHERE name = 'key'");
    return row?.value;
  });
  if (known !== fingerprint) throw new Error(`${keyFile} is not the key file that this database was made with`);
}
