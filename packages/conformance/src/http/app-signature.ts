import { createHash, createHmac } from 'node:crypto';

/** Names and values, in the order in which they are sent. A name may occur more than once. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** The credential of an application. */
export interface App {
  appId: string;
  appSecret: string;
}

/** What an app signature covers. */
export interface Signed {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  query: Pairs;
  headers: Pairs;
  body: Buffer | undefined;
}

/**
 * Returns the header Authorization of a request that an application signs (errata, "The app signature, step by step").
 * This implementation is separate from those of the client and the server, because the suite also creates signatures
 * that must be refused.
 *
 * @param names The signed headers, in the order in which they are named.
 */
export function appAuthorization({ appId, appSecret }: App, signed: Signed, names: readonly string[]): string {
  return `HMAC-SHA256 AppId=${appId},SignedHeaders=${names.join(';')},Signature=${signature(appSecret, signed, names)}`;
}

/** Returns the names of a request's headers that the suite signs. */
export function signedNames(headers: Pairs): string[] {
  const sent = new Set(headers.map(([name]) => name.toLowerCase()));
  return ['host', 'x-date', 'x-user-id'].filter((name) => sent.has(name));
}

/** Percent-encodes all characters except the unreserved ones (RFC 3986, section 2.3). */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function signature(secret: string, signed: Signed, names: readonly string[]): string {
  return createHmac('sha256', secret)
    .update(`HMAC-SHA256\n${sha256(canonicalRequest(signed, names))}`)
    .digest('hex');
}

/** Returns the canonical request. The test vectors in the contract's package contain it. */
export function canonicalRequest({ method, path, query, headers, body }: Signed, names: readonly string[]): string {
  const pairs = query.map(([name, value]) => [percentEncode(name), percentEncode(value)] as const);
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  const values = names.map((name) => headers.find(([sent]) => sent.toLowerCase() === name)?.[1].trim() ?? '');
  return [
    method,
    path.endsWith('/') ? path : `${path}/`,
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    names.map((name, i) => `${name}:${values[i]}\n`).join(''),
    names.join(';'),
    sha256(body ?? ''),
  ].join('\n');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
