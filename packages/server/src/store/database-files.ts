import { randomInt } from 'node:crypto';
import { type BigIntStats, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { SqliteConnection } from './sqlite-connection.ts';
import { type Fate, StoreUnavailable } from './store.ts';

/**
 * The files of a SQLite database that is open: whether they are still those that were opened. SQLite goes on writing to a
 * file that was removed or replaced, and notices nothing (https://sqlite.org/howtocorrupt.html, section 4), while nobody
 * will find what it wrote.
 */
export interface DatabaseFiles {
  /**
   * Looks after the files, in a transaction before it is committed, and afterwards before anyone is told of it.
   *
   * @param fate Of the changes, if files are lost.
   * @returns An error that names the file and says what to do; `undefined` if all is well.
   */
  loss(fate: Fate): StoreUnavailable | undefined;
  /**
   * Marks what a transaction leaves behind, so that an older copy of the database can be told from it. To be called in
   * the transaction, if it has changed something.
   */
  mark(): void;
  /** Whether another database was written into the file. Its log must not be put into it then. */
  isOverwritten(): boolean;
  /**
   * To be called when the database is closed. If another database has taken its place, its log is renamed: SQLite would
   * take it for the other's at the next start, and mix the two.
   *
   * @param wasOverwritten What {@link isOverwritten} said while the database was open.
   */
  setLogAside(wasOverwritten: boolean): void;
}

/** What the header of a database says about it (https://sqlite.org/fileformat.html, section 1.3). */
interface Header {
  /** A random number, which each database here has of its own. */
  application_id: number;
  /** Grows with each commit that changes something. It has 32 bits, and begins again. */
  user_version: number;
  /** Grows with each change of the schema. A copy that `VACUUM INTO` wrote is one ahead. */
  schema_version: number;
}

/**
 * Remembers the files of a database.
 *
 * @param file Path of the database.
 * @param connection One that may write. It is in WAL mode, and has read or written, so that its log is there.
 */
export function rememberFiles(file: string, connection: SqliteConnection): DatabaseFiles {
  const log = `${file}-wal`;
  const opened = new Map<string, BigIntStats>();
  for (const name of [file, log, `${file}-shm`]) {
    const stats = statOf(name);
    if (stats) opened.set(name, stats);
  }
  number(connection);
  let [writtenAt, header] = [statOf(file)?.mtimeNs, headerOn(file)];

  function isOpened(name: string): boolean {
    const [was, is] = [opened.get(name), statOf(name)];
    return was !== undefined && is !== undefined && isSame(was, is);
  }

  /** Whether the file can hold this: what it held before, or what this connection has seen since. */
  function isOurs(found: Header): boolean {
    const latest = headerOf((pragma) => connection.run(pragma)[0]);
    return (
      [header.application_id, latest.application_id].includes(found.application_id) &&
      isBetween(header.user_version, found.user_version, latest.user_version) &&
      isBetween(header.schema_version, found.schema_version, latest.schema_version)
    );
  }

  function isOverwritten(): boolean {
    const at = statOf(file)?.mtimeNs;
    if (at === undefined || at === writtenAt) return false;
    // Most of the time it was SQLite, in this process or another one, that put the log into it.
    const found = headerOn(file);
    if (!isOurs(found)) return true;
    [writtenAt, header] = [at, found];
    return false;
  }

  return {
    loss(fate) {
      try {
        for (const [name, was] of opened) {
          const is = statOf(name);
          if (!is) return lost(name, 'removed', fate);
          if (!isSame(was, is)) return lost(name, 'replaced', fate);
        }
      } catch (cause) {
        return new StoreUnavailable(`SQLite: ${(cause as Error).message}`, { cause, fate });
      }
      return isOverwritten() ? lost(file, 'overwritten', fate) : undefined;
    },
    mark() {
      const [{ user_version } = {}] = connection.run('PRAGMA user_version');
      connection.exec(`PRAGMA user_version = ${(Number(user_version) + 1) | 0}`);
    },
    isOverwritten,
    setLogAside(wasOverwritten) {
      const other = statOf(file);
      if (other && isOpened(log) && (wasOverwritten || !isOpened(file))) renameSync(log, `${log}-before-${other.ino}`);
    },
  };
}

/** Numbers a database that has no number yet, and sees that its file holds it. */
function number({ run, exec }: SqliteConnection): void {
  exec('BEGIN IMMEDIATE');
  const [row] = run('PRAGMA application_id');
  if (row?.application_id === 0) exec(`PRAGMA application_id = ${randomInt(1, 2 ** 31)}`);
  exec('COMMIT; PRAGMA wal_checkpoint');
}

/**
 * Reads the header that is in the file itself, whatever the log says. All its numbers are 0 if the file is no database.
 *
 * @param file Path of a database, to which another process may be writing.
 */
export function headerOn(file: string): Header {
  const url = pathToFileURL(file);
  // It makes SQLite read nothing but the file. To open that in another way and close it would end SQLite's locks on it.
  url.search = '?immutable=1';
  const database = new DatabaseSync(url, { readOnly: true, defensive: false });
  try {
    // Otherwise a file that is shorter than its header says is refused. It is, while a log is put into it.
    database.exec('PRAGMA writable_schema = ON');
    return headerOf((pragma) => database.prepare(pragma).get());
  } catch {
    return { application_id: 0, user_version: 0, schema_version: 0 };
  } finally {
    database.close();
  }
}

function headerOf(get: (pragma: string) => object | undefined): Header {
  const names = ['application_id', 'user_version', 'schema_version'];
  return Object.assign({}, ...names.map((name) => get(`PRAGMA ${name}`)));
}

/** Whether numbers of 32 bits, which begin again, come in this order. */
const isBetween = (first: number, middle: number, last: number): boolean =>
  ((middle - first) | 0) >= 0 && ((last - middle) | 0) >= 0;

const statOf = (file: string): BigIntStats | undefined => statSync(file, { bigint: true, throwIfNoEntry: false });

// An inode that is open is not given to another file, even when its own was removed.
const isSame = (a: BigIntStats, b: BigIntStats): boolean => a.ino === b.ino && a.dev === b.dev;

const lost = (file: string, how: string, fate: Fate): StoreUnavailable =>
  new StoreUnavailable(
    `SQLite: ${file} was ${how} while it was open, so nothing more is kept. Put it back, or restart the server to go on ` +
      'with what is there',
    { fate },
  );
