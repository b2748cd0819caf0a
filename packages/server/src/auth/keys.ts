import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is derived from the key file: one key for each use. */
export interface Keys {
  /** Encrypts app secrets, which HMAC needs back. */
  readonly secrets: Buffer;
  /** Signs the cursors of lists. */
  readonly cursors: Buffer;
  /** Tells key files apart, without telling the key. */
  readonly fingerprint: string;
}

const keyBytes = 32;

/**
 * Reads the key file, and makes one where there is none, for its owner's eyes only.
 *
 * @throws Error where it cannot be read, is no key, or where others may read it.
 */
export function loadKeys(file: string): Keys {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) makeKeyFile(file);
  if (process.platform !== 'win32' && statSync(file).mode & 0o077) {
    throw new Error(`others may read the key file ${file}: chmod 600 it`);
  }
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (key.length !== keyBytes) throw new Error(`the key file ${file} holds no key of ${keyBytes} bytes in base64`);
  return keysOf(key);
}

/**
 * Makes it whole under a name of its own, and only then gives it the name by which it is found: nobody reads half a key,
 * and none is left by a server that is killed meanwhile. Of two servers that start at once, the first one's counts.
 */
function makeKeyFile(file: string): void {
  const draft = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(keyBytes).toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Derives the keys (HKDF, RFC 5869). */
export function keysOf(key: Buffer): Keys {
  const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', `koodrive-backup ${use}`, keyBytes));
  return {
    secrets: derive('secrets'),
    cursors: derive('cursors'),
    fingerprint: derive('fingerprint').toString('base64url'),
  };
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a text (AES-256-GCM).
 *
 * @param owner What the text belongs to: it can be decrypted for the same owner only.
 */
export function encrypt(key: Buffer, text: string, owner: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64');
}

/**
 * Decrypts what {@link encrypt} made.
 *
 * @throws Error where the key or the owner is another.
 */
export function decrypt(key: Buffer, encrypted: string, owner: string): string {
  const bytes = Buffer.from(encrypted, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes)).setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
}
