import { createHash, createHmac } from 'node:crypto';
import type { App } from '../src/index.ts';

/** A request to be signed. */
export interface ToSign {
  method: string;
  /** The path, not encoded. */
  segments: readonly string[];
  /** Names and values, not encoded. */
  query: readonly (readonly [name: string, value: string])[];
  /** By name in lower case. All are signed. */
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

/**
 * Signs a request as the errata say ("The app signature, step by step"), for the header Authorization. It starts from
 * the parts of a request before they are encoded, and shares no code with the server's verification.
 */
export function sign({ appId, appSecret }: App, { method, segments, query, headers, body }: ToSign): string {
  const names = Object.keys(headers).sort();
  const pairs = query.map(([name, value]): [string, string] => [percentEncoded(name), percentEncoded(value)]);
  pairs.sort(
    ([a, x], [b, y]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)) || Buffer.compare(Buffer.from(x), Buffer.from(y)),
  );
  const canonicalRequest = [
    method,
    `/${segments.map((segment) => `${percentEncoded(segment)}/`).join('')}`,
    pairs.map((pair) => pair.join('=')).join('&'),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const signature = createHmac('sha256', appSecret)
    .update(`HMAC-SHA256\n${sha256(canonicalRequest)}`)
    .digest('hex');
  return `HMAC-SHA256 AppId=${appId},SignedHeaders=${names.join(';')},Signature=${signature}`;
}

/** Encodes each byte of the UTF-8 form except the unreserved ones (RFC 3986, section 2.3). */
export function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A header line with a well-formed signature. It makes the server read the body before it can verify the signature. */
export const undecidedSignature: string = `Authorization: HMAC-SHA256 AppId=a,SignedHeaders=x-date;x-user-id,Signature=${'0'.repeat(64)}`;
