import { type BigIntStats, renameSync, statSync } from 'node:fs';
import { StoreUnavailable } from './store.ts';

/** The files of a SQLite database that is open: whether they are still there, under their names. */
export interface DatabaseFiles {
  /**
   * To be called after a commit, before anyone is told of it: SQLite goes on writing to a file that was removed or
   * replaced, and notices nothing (https://sqlite.org/howtocorrupt.html, section 4), while nobody will find what it wrote.
   *
   * @throws StoreUnavailable that names the file, and says what to do.
   */
  check(): void;
  /**
   * To be called when the database is closed. Where another database has taken its place, its log is renamed: SQLite
   * would take it for the other's at the next start, and mix the two.
   */
  setLogAside(): void;
}

/**
 * Remembers the files of a database.
 *
 * @param file Path of a database that is open in WAL mode, and was read from or written to, so that its log is there.
 */
export function rememberFiles(file: string): DatabaseFiles {
  const log = `${file}-wal`;
  const opened = [file, log, `${file}-shm`].flatMap((name) => {
    const stats = statOf(name);
    return stats ? [{ name, stats }] : [];
  });
  let size = 0n;

  const isOpened = (name: string): boolean => {
    const [was, is] = [opened.find((one) => one.name === name), statOf(name)];
    return was !== undefined && is !== undefined && isSame(was.stats, is);
  };

  return {
    check() {
      for (const { name, stats } of opened) {
        const found = statOf(name);
        if (!found) throw lost(name, 'removed');
        if (!isSame(stats, found)) throw lost(name, 'replaced');
        if (name !== file) continue;
        // It never shrinks by itself: the server does not vacuum it.
        if (found.size < size) throw lost(name, 'overwritten');
        size = found.size;
      }
    },
    setLogAside() {
      const other = statOf(file);
      if (other && !isOpened(file) && isOpened(log)) renameSync(log, `${log}-before-${other.ino}`);
    },
  };
}

function statOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (cause) {
    throw new StoreUnavailable(`SQLite: ${(cause as Error).message}`, { cause, fate: 'unknown' });
  }
}

// An inode that is open is not given to another file, even when its own was removed.
const isSame = (a: BigIntStats, b: BigIntStats): boolean => a.ino === b.ino && a.dev === b.dev;

const lost = (file: string, how: string): StoreUnavailable =>
  new StoreUnavailable(
    `SQLite: ${file} was ${how} while it was open, so nothing more is kept. Put it back, or restart the server to go on ` +
      'with what is there',
    { fate: 'unknown' },
  );
