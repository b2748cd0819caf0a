import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The use for which a data folder is held. */
export type FolderUse = 'store' | 'key' | 'restore';

// Many processes may have the store open, while one of them rotates the key. A process that restores must be alone.
const statements: Record<FolderUse, string> = {
  store: 'BEGIN; SELECT 1 FROM sqlite_schema',
  key: 'BEGIN IMMEDIATE',
  restore: 'BEGIN EXCLUSIVE',
};

const taken: Record<FolderUse, string> = {
  store: 'a copy is being restored there: try again when that is done',
  key: 'the key is being rotated already: try again when that is done',
  restore: 'it is in use: stop the servers and commands that have it open',
};

// SQLITE_BUSY (https://sqlite.org/rescode.html).
const busy = 5;

/**
 * Holds a data folder, against other processes too, until it is released or the process ends in whatever way. The hold
 * is a lock of SQLite (https://sqlite.org/lockingv3.html) on an empty database in the folder, and the operating system
 * ends such locks together with their process.
 *
 * @returns The function that releases the folder. Keep a reference to it for as long as the folder is to be held: once
 *   it is garbage-collected, the folder is released.
 * @throws Error if the folder is held for a use that excludes this one.
 */
export function holdFolder(folder: string, use: FolderUse): () => void {
  const file = join(folder, 'lock');
  // Only if the file is missing, because closing a file ends every lock that this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    // Nothing is ever written, so no journal file is needed.
    database.exec(`PRAGMA journal_mode = MEMORY; ${statements[use]}`);
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new Error(`cannot use ${folder}: ${taken[use]}`, { cause: error });
  }
  return () => database.close();
}
