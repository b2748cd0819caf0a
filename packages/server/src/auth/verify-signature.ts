import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Store } from '../store/store.ts';
import { findAppSql, newApp } from './apps.ts';
import { stringToSign } from './canonical-request.ts';
import type { KeyRing } from './key-ring.ts';
import { decrypt, encrypt, keyBytes, keysOf } from './keys.ts';

/** An app signature as the header Authorization carries it. */
export interface Signature {
  appId: string;
  /** Names of the signed headers. */
  names: string[];
  /** 64 hex digits. */
  signature: string;
}

/** Resolves to the user whose app signed the request, or to `undefined` if the signature is not valid. */
export type VerifySignature = (
  signed: Signature,
  request: IncomingMessage,
  body: Buffer,
) => Promise<string | undefined>;

/**
 * Parses the header Authorization (the vendor's plain API reference, `koodrive_05_0031`). Returns `undefined` if it has
 * another form.
 */
export function parseSignature(authorization: string): Signature | undefined {
  const form = /^HMAC-SHA256 AppId=([^ ,]+),SignedHeaders=([a-z0-9\-;]+),Signature=([\da-f]{64})$/;
  const [, appId, names, signature] = form.exec(authorization) ?? [];
  return appId && names && signature ? { appId, names: names.split(';'), signature } : undefined;
}

/**
 * Creates the function that verifies app signatures. It does the same work for apps that exist and apps that do not.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createVerifySignature(store: Store, keys: KeyRing, now: () => number): VerifySignature {
  // If the store does not have the app of a request, the secret of this one is decrypted instead.
  const nobody = newApp();
  const { secrets: nobodysKey } = keysOf(randomBytes(keyBytes));
  const nobodysSecret = encrypt(nobodysKey, nobody.appSecret, nobody.appId);

  return async (signed, request, body) => {
    const [row] = await store.read(findAppSql, signed.appId);
    const secret = row
      ? await keys.find(({ secrets }) => decrypt(secrets, String(row.secret), signed.appId))
      : decrypt(nobodysKey, nobodysSecret, nobody.appId);
    if (secret === undefined)
      throw new Error('no key opens the secret of an app: put the key back that it was encrypted with');
    const headers = signedHeaders(signed.names, request);
    const { method = '', url: target = '' } = request;
    const text = stringToSign({ method, target, headers: headers ?? [], body });
    const expected = createHmac('sha256', secret).update(text).digest();
    const matches = timingSafeEqual(expected, Buffer.from(signed.signature, 'hex'));
    const isOver = row?.expires_at != null && Number(row.expires_at) <= now();
    return row && headers && matches && !isOver ? String(row.user_id) : undefined;
  };
}

const mustBeSigned = ['x-date', 'x-user-id'];

/**
 * Returns the signed headers with their values; `undefined` if one of them was not sent exactly once, or if the names
 * are not in order or a required one is missing.
 */
function signedHeaders(names: string[], { headersDistinct }: IncomingMessage): [string, string][] | undefined {
  const isInOrder = names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name);
  if (!isInOrder || !mustBeSigned.every((name) => names.includes(name))) return undefined;
  const headers: [string, string][] = [];
  for (const name of names) {
    const [value, ...more] = headersDistinct[name] ?? [];
    if (value === undefined || more.length > 0) return undefined;
    headers.push([name, value]);
  }
  return headers;
}
