/** The parts of a request that a signature covers. */
export interface SignedParts {
  /** The HTTP method. */
  method: string;
  /** The absolute URL. Its path and query are signed. */
  url: string;
  /** The signed headers, names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body in lower-case hex; without a body, that of the empty text. */
  payloadHash: string;
}

/**
 * Puts a request into the canonical form that is hashed and signed: step 1 of the vendor's app authentication
 * (plain API reference, `koodrive_05_0035`; the errata say which of its parts are inferred).
 */
export function canonicalRequest({ method, url, headers, payloadHash }: SignedParts): string {
  const { pathname, search } = new URL(url);
  // The `URL` constructor has already resolved `.` and `..`.
  const path = pathname.split('/').filter(Boolean).map(reencode);
  const query = search.slice(1).split('&').filter(Boolean).map(sortable);
  const names = Object.keys(headers).sort();
  return [
    method,
    ['', ...path, ''].join('/'),
    query.sort().join('&').replaceAll(separator, '='),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
}

// Sorts before every character of an encoded name, so that pairs are sorted by name first, by character code.
const separator = '\0';

function sortable(pair: string): string {
  const [name = '', ...value] = pair.split('=');
  return reencode(name) + separator + reencode(value.join('='));
}

/**
 * Writes every byte percent-encoded once, whether it was encoded before or not, except RFC 3986's unreserved
 * characters, which it writes as they are. The `URL` constructor has encoded all characters that are not ASCII, so each
 * character is one byte.
 */
const reencode = (text: string): string => text.replace(/%[\da-f]{2}|[^\w.~-]/gi, encodeByte);

function encodeByte(written: string): string {
  // A percent sign that encodes nothing stands for itself.
  const byte = written.length === 1 ? written.charCodeAt(0) : Number.parseInt(written.slice(1), 16);
  const character = String.fromCharCode(byte);
  if (/[\w.~-]/.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
