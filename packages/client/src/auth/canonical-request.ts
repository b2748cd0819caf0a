/** What a signature covers. */
export interface SignedParts {
  /** The HTTP method. */
  method: string;
  /** The absolute URL; of it, the path and the query are signed. */
  url: string;
  /** The signed headers, names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body, in lower-case hex; of nothing, if there is no body. */
  payloadHash: string;
}

/**
 * Puts a request into the canonical form that is hashed and signed: step 1 of the vendor's app authentication
 * (plain API reference, `koodrive_05_0035`; the errata say which parts of it are inferred).
 */
export function canonicalRequest({ method, url, headers, payloadHash }: SignedParts): string {
  const { pathname, search } = new URL(url);
  // `URL` has resolved `.` and `..` already.
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

// Below every character of an encoded name, so that pairs sort by name first, in the order of character codes.
const separator = '\0';

function sortable(pair: string): string {
  const [name = '', ...value] = pair.split('=');
  return reencode(name) + separator + reencode(value.join('='));
}

/**
 * Percent-encodes all bytes but RFC 3986's unreserved characters, once: what is encoded already stays so. `URL` has
 * encoded what is not ASCII, so a character is a byte.
 */
const reencode = (text: string): string => text.replace(/%[\da-f]{2}|[^\w.~-]/gi, encodeByte);

function encodeByte(written: string): string {
  // A percent sign that encodes nothing stands for itself.
  const byte = written.length === 1 ? written.charCodeAt(0) : Number.parseInt(written.slice(1), 16);
  const character = String.fromCharCode(byte);
  if (/[\w.~-]/.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
