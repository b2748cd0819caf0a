import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../store/sync-folder.ts';
import { keyBytes } from './keys.ts';

/**
 * The source of a server's keys, the newest first. Older keys still open the secrets and cursors that were made with
 * them. The database says which key is in use.
 */
export interface KeySource {
  /** The name of the source in messages. */
  readonly name: string;
  /**
   * Reads the keys, at least one. They must not be printed.
   *
   * @throws Error if no key can be read.
   */
  read(): Promise<Buffer[]>;
  /**
   * Adds a new key in front of the others. Only one process may call it at a time.
   *
   * @throws Error if keys cannot be written there.
   */
  add(): Promise<void>;
}

/** The most keys that a key file keeps. There is a limit, because an invalid cursor is tried with every key. */
const mostKeys = 10;

/**
 * Opens a key file, which only its owner can read.
 *
 * @param mayMake Whether a missing file is created. Pass `false` if a database was made with a key: the file is
 *   somewhere else then.
 * @throws Error if the file is missing, or cannot be created.
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
      throw new Error(`other users can read ${name}: run chmod 600 on it`);
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

/** Creates the source of keys that are given as a text, in the form that {@link parseKeys} reads. */
export function fixedKeySource(name: string, text: string): KeySource {
  const keys = parseKeys(name, text);
  return {
    name,
    read: async () => keys,
    async add() {
      throw new Error(
        `cannot add a key to ${name}: put a new key in front of it, with a space in between, on every server; restart ` +
          'the servers, and then rotate',
      );
    },
  };
}

/** {@link keyBytes} bytes in base64. The form is checked, because Node's decoder ignores all other characters. */
const keyForm = /^[A-Za-z0-9+/]{43}=?$/;

/**
 * Parses keys in base64, separated by white space or commas.
 *
 * @param name The name of the source, for the message, which does not quote a key.
 * @throws Error if one of them is not a key, or there is none.
 */
export function parseKeys(name: string, text: string): Buffer[] {
  const keys = text.split(/[\s,]+/).filter((key) => key !== '');
  if (keys.length > 0 && keys.every((key) => keyForm.test(key))) return keys.map((key) => Buffer.from(key, 'base64'));
  throw new Error(`${name} must hold keys of ${keyBytes} bytes in base64`);
}

/**
 * Creates a key file. If two servers start at once, the first one's key counts, because the second cannot link its own.
 */
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
 * Writes keys to a file with a temporary name, and only then lets `publish` give it its final name. So nobody reads
 * half a key, and a process that is killed meanwhile leaves no half-written key file.
 */
function writeDraft(file: string, keys: Buffer[], publish: (draft: string) => void): void {
  const draft = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    const text = keys.map((key) => `${key.toString('base64')}\n`).join('');
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    publish(draft);
    // A key must be on disk before anything that is made with it.
    syncFolder(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
}
