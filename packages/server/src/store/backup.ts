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
import { filesOf, openKeySource, type StorageOptions } from './open-store.ts';
import { syncFolder } from './sync-folder.ts';

/** What is in a copy of a database. */
export interface Copy {
  schemaVersion: number;
  records: number;
}

/**
 * Writes a copy of a SQLite database, also while servers write to it: all that was acknowledged before is in it.
 *
 * @param copy Path of a file that is not there yet.
 * @throws Error if there is no such database, or the copy cannot be written. Then nothing is left of it.
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
        throw new Error(`${copy} is there already, and is not overwritten`, { cause });
      }
    },
  );
}

/**
 * Checks a copy: that its pages are sound, that this version of the server can read it, and that it was made with a key
 * that is there.
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
 * Puts a copy in the place of a database, while nobody has that open. The database that was there is kept beside it.
 *
 * @returns What is in the copy, and the name of the database that was there, if there was one.
 * @throws Error if the copy is not sound, or the database is in use. Then it stays as it was.
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

/** The database first: a log without its database is noticed when a server starts, and a log beside another is not. */
function setAside(database: string): string | undefined {
  const aside = `${database}-before-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`;
  const moved = ['', '-wal'].filter((end) => existsSync(database + end));
  for (const end of moved) renameSync(database + end, aside + end);
  rmSync(`${database}-shm`, { force: true });
  return moved.length > 0 ? aside : undefined;
}

/**
 * Writes a file whole under a name of its own, and on disk, before `publish` gives it the name by which it is found: what
 * has that name is never half a copy.
 */
function writeDraft(file: string, write: (draft: string) => void, publish: (draft: string) => void): void {
  const draft = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    // SQLite fills an empty file, and would let others read one that it makes itself.
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
 * Copies a database, and closes it. `VACUUM INTO` (https://sqlite.org/lang_vacuum.html) reads it in one transaction, which
 * no writer waits for; SQLite's backup begins again with each change, and under load would never end.
 */
function copyDatabase(from: DatabaseSync, to: string): void {
  try {
    from.exec('PRAGMA busy_timeout = 2000');
    from.prepare('VACUUM INTO ?').run(to);
  } finally {
    from.close();
  }
}

/** Opens a copy to be read. Its folder may be one that nothing can be written to, so that SQLite is told of no log. */
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
      throw new Error(`it has schema version ${version}, of a newer server; this one knows ${schemaVersion}`);
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
