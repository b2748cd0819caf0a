import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../store/sync-folder.ts';
import { keyBytes } from './keys.ts';

/**
 * Where a server has its keys from, the newest in front. Older ones still open what was made with them; which one is in
 * use, the database says.
 */
export interface KeySource {
  /** What messages call it. */
  readonly name: string;
  /**
   * Reads the keys, at least one. They are not to be printed.
   *
   * @throws Error if there are none that can be read.
   */
  read(): Promise<Buffer[]>;
  /**
   * Puts a new key in front. Call it only from one process at a time.
   *
   * @throws Error if keys cannot be written there.
   */
  add(): Promise<void>;
}

/** The most keys that a key file keeps: each that is older costs a garbled cursor one more look. */
const mostKeys = 10;

/**
 * The key file, for its owner's eyes only.
 *
 * @param mayMake Whether one that is missing is made. Not if a database was made with it: it is somewhere else then.
 * @throws Error if it is missing, or cannot be made.
 */
export function keyFileSource(file: string, mayMake: boolean): KeySource {
  if (!existsSync(file)) {
    if (!mayMake) throw new Error(`the key file ${file} is missing, and the database was made with it: put it back`);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    makeKeyFile(file);
  }
  const name = `the key file ${file}`;

  async function read(): Promise<Buffer[]> {
    if (process.platform !== 'win32' && statSync(file).mode & 0o077) {
      throw new Error(`others may read ${name}: chmod 600 it`);
    }
    return parseKeys(name, await readFile(file, 'utf8'));
  }

  return {
    name,
    read,
    async add() {
      const keys = [randomBytes(keyBytes), ...(await read())].slice(0, mostKeys);
      writeDraft(file, keys, (draft) => renameSync(draft, file));
    },
  };
}

/** Keys that were handed over, in the form that {@link parseKeys} reads. */
export function fixedKeySource(name: string, text: string): KeySource {
  const keys = parseKeys(name, text);
  return {
    name,
    read: async () => keys,
    async add() {
      throw new Error(
        `nothing can be added to ${name}: put a new key in front, with a space between them, for every server; restart ` +
          'them, and then rotate',
      );
    },
  };
}

/** {@link keyBytes} in base64: a decoder would pass over whatever else there is. */
const keyForm = /^[A-Za-z0-9+/]{43}=?$/;

/**
 * Reads keys in base64, with white space or commas between them.
 *
 * @param name Where they are from, for the message, which quotes nothing of them.
 * @throws Error if one of them is none, or there are none.
 */
export function parseKeys(name: string, text: string): Buffer[] {
  const keys = text.split(/[\s,]+/).filter((key) => key !== '');
  if (keys.length > 0 && keys.every((key) => keyForm.test(key))) return keys.map((key) => Buffer.from(key, 'base64'));
  throw new Error(`${name} holds no key of ${keyBytes} bytes in base64`);
}

/** Of two servers that start at once, the key of the first one counts: the second one cannot link its own. */
function makeKeyFile(file: string): void {
  writeDraft(file, [randomBytes(keyBytes)], (draft) => {
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

/**
 * Writes keys whole under a name of their own, and only then lets `publish` give them the name by which they are found:
 * nobody reads half a key, and none is left by a process that is killed meanwhile.
 */
function writeDraft(file: string, keys: Buffer[], publish: (draft: string) => void): void {
  const draft = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    const text = keys.map((key) => `${key.toString('base64')}\n`).join('');
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    publish(draft);
    // What is made with a key must not be on disk before the key is.
    syncFolder(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
}
