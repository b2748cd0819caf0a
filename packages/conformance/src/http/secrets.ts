import type { WireRequest } from './wire.ts';

/** The text that replaces a secret. */
export const masked = '***';

/** Removes secrets from text and bytes that a provider may have influenced. */
export interface Mask {
  text(text: string): string;
  /** Does the same for bytes, in UTF-8 and in UTF-16. */
  bytes(bytes: Buffer): Buffer;
}

/**
 * Creates a mask for secrets, including their escaped forms in JSON and in URLs.
 *
 * @param secrets The secrets. `undefined` and empty ones are ignored.
 */
export function createMask(secrets: readonly (string | undefined)[]): Mask {
  const forms = [...new Set(secrets.flatMap((secret) => (secret ? formsOf(secret) : [])))];
  const inLatin1 = forms.flatMap((form) =>
    (['utf8', 'utf16le'] as const).map((encoding) => Buffer.from(form, encoding).toString('latin1')),
  );
  return {
    text: (text) => withoutAny(text, forms),
    bytes: (bytes) => Buffer.from(withoutAny(bytes.toString('latin1'), inLatin1), 'latin1'),
  };
}

/** Masks the longest part first, because one part may contain another. */
function withoutAny(text: string, parts: readonly string[]): string {
  const ordered = parts.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((rest, part) => rest.replaceAll(part, masked), text);
}

function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret)];
}

/**
 * Returns every secret in a request: its credential as a whole, its signature, and its token without the scheme. A
 * forged credential counts too, because it may be derived from the right one.
 */
export function credentialsIn({ headers }: WireRequest): string[] {
  return headers.flatMap(([name, value]) => {
    if (name !== 'Authorization') return [];
    return [value, value.replace(/^.*Signature=/, ''), value.replace(/^\S*?[ +]/, '')];
  });
}
