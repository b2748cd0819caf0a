import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** The keys that are derived from a key, one for each use. */
export interface Keys {
  /** Encrypts app secrets. A hash would not do, because HMAC needs the secret itself. */
  readonly secrets: Buffer;
  /** Signs the cursors of lists. */
  readonly cursors: Buffer;
  /** Identifies the key without revealing it. */
  readonly fingerprint: string;
}

/** The length of a key, in bytes. */
export const keyBytes = 32;

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
 * @param owner The id that the text belongs to. It can be decrypted for the same owner only.
 */
export function encrypt(key: Buffer, text: string, owner: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64');
}

/**
 * Decrypts a text of {@link encrypt}. Returns `undefined` if it was encrypted with another key, or for another owner.
 */
export function decrypt(key: Buffer, encrypted: string, owner: string): string | undefined {
  const bytes = Buffer.from(encrypted, 'base64');
  const iv = bytes.subarray(0, ivBytes);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(owner));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
