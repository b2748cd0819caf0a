/** What a signature covers. */
export interface SignedParts {
  /** The HTTP method. */
  method: string;
  /** The absolute URL; of it, the path and the query are signed. */
  url: string;
  /** The signed headers, names in any case. */
  headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body, in lower-case hex; of nothing, where there is no body. */
  payloadHash: string;
}

/** A canonical request, and the names of the headers that it covers, as both stand in the vendor's scheme. */
export interface CanonicalRequest {
  text: string;
  signedHeaders: string;
}

/**
 * Puts a request into the canonical form that is hashed and signed: step 1 of the vendor's app authentication
 * (plain API reference, `koodrive_05_0035`; the errata say which parts of it are inferred).
 */
export function canonicalRequest({ method, url, headers, payloadHash }: SignedParts): CanonicalRequest {
  const { pathname, search } = new URL(url);
  const entries = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(byCodeUnits);
  const signedHeaders = entries.map(([name]) => name).join(';');
  const canonicalHeaders = entries.map(([name, value]) => `${name}:${value}\n`).join('');
  const text = [
    method.toUpperCase(),
    canonicalPath(pathname),
    canonicalQuery(search.slice(1)),
    canonicalHeaders,
    signedHeaders,
    payloadHash,
  ].join('\n');
  return { text, signedHeaders };
}

/** Each segment encoded anew, no empty ones, a slash at the end. `URL` has already resolved `.` and `..`. */
function canonicalPath(pathname: string): string {
  const segments = pathname.split('/').filter((segment) => segment !== '');
  return `/${segments.map((segment) => `${reencode(segment)}/`).join('')}`;
}

/** Sorted by encoded name, then by encoded value; an empty value keeps its equals sign. */
function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = at < 0 ? pair : pair.slice(0, at);
      return [reencode(name), at < 0 ? '' : reencode(pair.slice(at + 1))] as const;
    })
    .sort(byCodeUnits)
    .map((pair) => pair.join('='))
    .join('&');
}

// Not localeCompare: the order is that of character codes, the same on every machine.
function byCodeUnits(a: readonly [string, string], b: readonly [string, string]): number {
  const [left, right] = a[0] === b[0] ? [a[1], b[1]] : [a[0], b[0]];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Percent-encodes all but RFC 3986's unreserved characters, once: what is encoded already stays so. */
function reencode(text: string): string {
  return encodeURIComponent(decode(text)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign, or bytes that are not UTF-8: it stands for itself.
    return text;
  }
}
