import { expect, it } from 'vitest';
import { decrypt, encrypt, keysOf } from './keys.ts';

const { secrets, cursors, fingerprint } = keysOf(Buffer.alloc(32, 1));

it('decrypts for the same owner and with the same key only', () => {
  const encrypted = encrypt(secrets, 'a secret', 'owner');
  expect(decrypt(secrets, encrypted, 'owner')).toBe('a secret');
  expect(decrypt(secrets, encrypted, 'another')).toBeUndefined();
  expect(decrypt(keysOf(Buffer.alloc(32, 2)).secrets, encrypted, 'owner')).toBeUndefined();
  expect(encrypted).not.toBe(encrypt(secrets, 'a secret', 'owner'));
});

it('decrypts no text that was changed or cut', () => {
  const bytes = Buffer.from(encrypt(secrets, 'a secret', 'owner'), 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(decrypt(secrets, changed.toString('base64'), 'owner'), `byte ${at}`).toBeUndefined();
    expect(decrypt(secrets, bytes.subarray(0, at).toString('base64'), 'owner'), `cut at ${at}`).toBeUndefined();
  }
});

it('derives another key for each use, and the same ones as earlier versions', () => {
  // Later versions must open everything that was made with a key, so these values never change.
  expect(fingerprint).toBe('5r6eHKEYyicxsrkm1X8mM8Ikts1QXcMGDWLfh8LPqCQ');
  expect(secrets.toString('base64url')).toBe('N2kUJKc9E_McpwN7AdX40bLfdqFSeNH7-tNAHmevRkM');
  expect(cursors.toString('base64url')).toBe('vn8YQuRKmVlyXPBStSi_CCu5CV0_rrZW34vOioYYWhI');
});
