import type { WireRequest } from './wire.ts';

/** What stands in the place of a secret. */
export const masked = '***';

/** Takes secrets out of what a provider may have had a hand in. */
export interface Mask {
  text(text: string): string;
  /** The same for bytes: also where they are UTF-16. */
  bytes(bytes: Buffer): Buffer;
}

/**
 * Makes a mask of secrets, in the forms that JSON and a URL give them too.
 *
 * @param secrets Those that are `undefined` or empty are passed over.
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

/** The longest goes first, since one may be part of another. */
function withoutAny(text: string, parts: readonly string[]): string {
  const ordered = parts.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((rest, part) => rest.replaceAll(part, masked), text);
}

function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret)];
}

/** All that is secret in a request: its credential, which may be made of the right one, as a whole and in its parts. */
export function credentialsIn({ headers }: WireRequest): string[] {
  return headers.flatMap(([name, value]) => {
    if (name !== 'Authorization') return [];
    return [value, value.replace(/^.*Signature=/, ''), value.replace(/^\S*?[ +]/, '')];
  });
}
