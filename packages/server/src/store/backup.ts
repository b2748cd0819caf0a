import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { keySetting } from '../auth/key-ring.ts';
import { keysOf } from '../auth/keys.ts';
import { makeDataFolder } from './data-folder.ts';
import { holdFolder } from './folder-lock.ts';
import { schemaVersion } from './migrations.ts';
import { openKeySource } from './open-store.ts';
import { filesOf, type StorageOptions } from './storage-options.ts';
import { syncFolder } from './sync-folder.ts';

/** A summary of a copy of a database. */
export interface Copy {
  schemaVersion: number;
  records: number;
}

/**
 * Copies a SQLite database into a new file. Servers may write to the database meanwhile: the copy has every change that
 * was acknowledged before the call.
 *
 * @param copy Path of the new file, which must not exist yet.
 * @throws Error if the database does not exist, or the copy exists already or cannot be written. No part of a copy is
 *   left then.
 */
export function backUp(database: string, copy: string): void {
  if (!existsSync(database)) throw new Error(`there is no database ${database}`);
  writeDraft(
    copy,
    (draft) => copyDatabase(new DatabaseSync(database), draft),
    (draft) => {
      try {
        linkSync(draft, copy);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
        throw new Error(`${copy} exists already, and is not overwritten: give another name`, { cause });
      }
    },
  );
}

/**
 * Checks a copy of a database: its pages must be intact, this server must know its schema version, and the key that it
 * was made with must be one of the given keys.
 *
 * @throws Error that says what is wrong.
 */
export async function verify(copy: string, options: StorageOptions): Promise<Copy> {
  const { fingerprint, ...found } = readCopy(copy);
  const source = openKeySource(options, false);
  const keys = (await source.read()).map(keysOf);
  if (keys.some((one) => one.fingerprint === fingerprint)) return found;
  throw new Error(`the key that ${copy} was made with is not in ${source.name}`);
}

/**
 * Replaces a database by a copy. No process may have the store open. The old database is kept beside the new one, under
 * another name.
 *
 * @returns A summary of the copy, and as `aside` the new path of the old database, or `undefined` if there was none.
 * @throws Error if {@link verify} refuses the copy, or the database is in use. The database is unchanged then.
 */
export async function restore(copy: string, options: StorageOptions): Promise<Copy & { aside: string | undefined }> {
  const { data, database } = filesOf(options);
  makeDataFolder(data);
  const letGo = holdFolder(data, 'restore');
  try {
    const found = await verify(copy, options);
    let aside: string | undefined;
    writeDraft(
      database,
      (draft) => copyDatabase(openCopy(copy), draft),
      (draft) => {
        aside = setAside(database);
        renameSync(draft, database);
      },
    );
    return { ...found, aside };
  } finally {
    letGo();
  }
}

/**
 * Renames the old database and its log, the database first: if the process ends in between, a log without a database is
 * left, which the next start refuses. A log beside the wrong database would not be noticed.
 */
function setAside(database: string): string | undefined {
  const aside = `${database}-before-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`;
  const moved = ['', '-wal'].filter((end) => existsSync(database + end));
  for (const end of moved) renameSync(database + end, aside + end);
  rmSync(`${database}-shm`, { force: true });
  return moved.length > 0 ? aside : undefined;
}

/**
 * Writes a file under a temporary name and syncs it to disk, before `publish` gives it its final name. So the file with
 * the final name is never half a copy.
 */
function writeDraft(file: string, write: (draft: string) => void, publish: (draft: string) => void): void {
  const draft = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    // The file is created here, for its owner only, and SQLite fills it: other users could read a file that SQLite
    // creates.
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      write(draft);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    publish(draft);
    syncFolder(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Copies a database, and closes it. `VACUUM INTO` (https://sqlite.org/lang_vacuum.html) reads the database in one
 * transaction, and no writer waits for that. SQLite's online backup starts again after each change, so under load it
 * would never end.
 */
function copyDatabase(from: DatabaseSync, to: string): void {
  try {
    from.exec('PRAGMA busy_timeout = 2000');
    from.prepare('VACUUM INTO ?').run(to);
  } finally {
    from.close();
  }
}

/**
 * Opens a copy for reading. Its folder may be read-only, so a copy without a log is opened as immutable: SQLite then
 * needs to create no log beside it.
 */
function openCopy(copy: string): DatabaseSync {
  if (!existsSync(copy)) throw new Error(`there is no file ${copy}`);
  if (existsSync(`${copy}-wal`)) return new DatabaseSync(copy, { readOnly: true });
  const url = pathToFileURL(copy);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

function readCopy(copy: string): Copy & { fingerprint: unknown } {
  const database = openCopy(copy);
  try {
    const { integrity_check: problem } = database.prepare('PRAGMA integrity_check(1)').get() ?? {};
    if (problem !== 'ok') throw new Error(`${problem}`);
    const { version } = database.prepare('SELECT version FROM schema_version').get() ?? {};
    if (Number(version) > schemaVersion) {
      throw new Error(
        `it has schema version ${version}, of a newer server, and this server knows no version after ${schemaVersion}`,
      );
    }
    const { value } = database.prepare('SELECT value FROM settings WHERE name = ?').get(keySetting) ?? {};
    const { records } = database.prepare('SELECT COUNT(*) AS records FROM records').get() ?? {};
    return { schemaVersion: Number(version), records: Number(records), fingerprint: value };
  } catch (cause) {
    throw new Error(`${copy} is not sound: ${(cause as Error).message}`, { cause });
  } finally {
    database.close();
  }
}
