import { randomInt } from 'node:crypto';
import { type BigIntStats, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { SqliteConnection } from './sqlite-connection.ts';
import { type Fate, StoreUnavailable } from './store.ts';

/**
 * Watches the files of an open SQLite database: are they still the files that were opened? If a file is removed or
 * replaced, SQLite does not notice it and writes on into the old one (https://sqlite.org/howtocorrupt.html, section 4),
 * and everything that it writes there is lost.
 */
export interface DatabaseFiles {
  /**
   * Checks the files. Call it twice for each transaction: before the commit, and after it before anyone hears of the
   * result.
   *
   * @param fate The fate of the changes, for the error.
   * @returns An error that names the file and says what to do; `undefined` if all is well.
   */
  loss(fate: Fate): StoreUnavailable | undefined;
  /**
   * Counts up a number in the database, by which an older copy of it is recognised. Call it within each transaction
   * that has changed something.
   */
  mark(): void;
  /** Reports whether another database was written into the file. If so, the log must not be put into the file. */
  isOverwritten(): boolean;
  /**
   * Renames the log if another database has taken the place of this one: at the next start SQLite would take the log
   * for that of the other database, and mix the two. Call it when the database is closed.
   *
   * @param wasOverwritten The result of {@link isOverwritten} while the database was open.
   */
  setLogAside(wasOverwritten: boolean): void;
}

/** Numbers in the header of a database (https://sqlite.org/fileformat.html, section 1.3). */
interface Header {
  /** A random number, which differs from database to database. */
  application_id: number;
  /** Grows with each commit that changes something. It has 32 bits, and wraps around. */
  user_version: number;
  /** Grows with each change of the schema. A copy that `VACUUM INTO` wrote is one ahead. */
  schema_version: number;
}

/**
 * Remembers the files of a database.
 *
 * @param file Path of the database.
 * @param connection A connection that may write. It must be in WAL mode and have read or written something, so that the
 *   log exists.
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

  /**
   * Whether a header can be that of our database: it lies between the last one in the file and this connection's
   * latest.
   */
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
    // Usually SQLite has changed the file, in this process or another one, because it has put the log into it.
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

/** Gives a database a random number if it has none, and makes sure that its file holds the number, not only its log. */
function number({ run, exec }: SqliteConnection): void {
  exec('BEGIN IMMEDIATE');
  const [row] = run('PRAGMA application_id');
  if (row?.application_id === 0) exec(`PRAGMA application_id = ${randomInt(1, 2 ** 31)}`);
  exec('COMMIT; PRAGMA wal_checkpoint');
}

/**
 * Reads the header of the file itself, without its log. All numbers are 0 if the file is not a database.
 *
 * @param file Path of a database, to which another process may be writing.
 */
export function headerOn(file: string): Header {
  const url = pathToFileURL(file);
  // With `immutable` SQLite reads nothing but the file. Node must not read the file itself: closing it would end the
  // locks that SQLite has on it in this process.
  url.search = '?immutable=1';
  const database = new DatabaseSync(url, { readOnly: true, defensive: false });
  try {
    // Otherwise SQLite refuses a file that is shorter than its header says, as it is while a log is being put into it.
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

/** Whether three numbers of 32 bits, which wrap around, are in this order. */
const isBetween = (first: number, middle: number, last: number): boolean =>
  ((middle - first) | 0) >= 0 && ((last - middle) | 0) >= 0;

const statOf = (file: string): BigIntStats | undefined => statSync(file, { bigint: true, throwIfNoEntry: false });

// The system gives the inode of an open file to no other file, even after the file was removed.
const isSame = (a: BigIntStats, b: BigIntStats): boolean => a.ino === b.ino && a.dev === b.dev;

const lost = (file: string, how: string, fate: Fate): StoreUnavailable =>
  new StoreUnavailable(
    `SQLite: ${file} was ${how} while it was open, so nothing more is stored. Put it back, or restart the server to go on ` +
      'with the files that are there now',
    { fate },
  );
