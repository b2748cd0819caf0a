import { createHash } from 'node:crypto';

/** The parts of a request that a signature covers. */
export interface SignedRequest {
  method: string;
  /** Path and query, as they were sent. */
  target: string;
  /** The signed headers in the order of their names, which are in lower case. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

/**
 * Returns the string to sign of a request: steps 1 and 2 of the vendor's app authentication (plain API reference,
 * appendix `koodrive_05_0035` and `_0029`; the errata give each step). It shares no code with the client's signing on
 * purpose: both are tested with the same vectors, those of the package `spec`.
 */
export function stringToSign({ method, target, headers, body }: SignedRequest): string {
  const [path = '', query = ''] = splitOnce(target, '?');
  const canonical = `${method}
${canonicalPath(path)}
${canonicalQuery(query)}
${headers.map(([name, value]) => `${name}:${value.trim()}\n`).join('')}
${headers.map(([name]) => name).join(';')}
${sha256(body)}`;
  // Node returns each byte of a header as a character.
  return `HMAC-SHA256\n${sha256(Buffer.from(canonical, 'latin1'))}`;
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

function canonicalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  return `/${segments.map((segment) => `${encode(segment)}/`).join('')}`;
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const encoded = pairs.map((pair) => {
    const [name = '', value = ''] = splitOnce(pair, '=');
    return { name: encode(name), value: encode(value) };
  });
  encoded.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return encoded.map(({ name, value }) => `${name}=${value}`).join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function splitOnce(text: string, separator: string): [string, string] | [string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Percent-encodes every byte but the unreserved ones (RFC 3986, section 2.3). Does not encode an encoded byte again.
 */
function encode(text: string): string {
  if (!/[^A-Za-z0-9\-._~]/.test(text)) return text;
  const decoded = text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decoded.replace(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
