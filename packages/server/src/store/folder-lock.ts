import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** For what a data folder is held. */
export type FolderUse = 'store' | 'key' | 'restore';

// Many may have the store open while one of them changes the keys; who restores must be alone.
const statements: Record<FolderUse, string> = {
  store: 'BEGIN; SELECT 1 FROM sqlite_schema',
  key: 'BEGIN IMMEDIATE',
  restore: 'BEGIN EXCLUSIVE',
};

const taken: Record<FolderUse, string> = {
  store: 'a copy is being restored there: try again when that is done',
  key: 'the key is being rotated already',
  restore: 'it is in use: stop the servers and commands that have it open',
};

// SQLITE_BUSY (https://sqlite.org/rescode.html).
const busy = 5;

/**
 * Holds a data folder, against other processes too, until it is let go or the process ends, however it ends: the system
 * keeps the locks of SQLite's own locking (https://sqlite.org/lockingv3.html), on an empty database beside the real one.
 *
 * @returns Lets it go. Keep it as long as the folder is to be held: what nobody refers to any more is let go by itself.
 * @throws Error if others hold it for something that does not go together.
 */
export function holdFolder(folder: string, use: FolderUse): () => void {
  const file = join(folder, 'lock');
  // Only if it is missing: to close a file ends every lock that this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    // It never writes, and needs no journal.
    database.exec(`PRAGMA journal_mode = MEMORY; ${statements[use]}`);
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new Error(`cannot use ${folder}: ${taken[use]}`, { cause: error });
  }
  return () => database.close();
}
