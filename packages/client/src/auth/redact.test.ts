import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redact.ts';

const codeOf = (character: string): number => character.charCodeAt(0);
const hexOf = (character: string, length = 2): string => codeOf(character).toString(16).padStart(length, '0');
const each = (write: (character: string) => string) => (text: string) => text.replace(/./gs, write);
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** The encodings for texts in which some characters have to be escaped. */
const encodings: Record<string, (text: string) => string> = {
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'JSON of PHP': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'JSON in ASCII': each((character) => `\\u${hexOf(character, 4)}`),
  'JSON in capital letters': each((character) => `\\u${hexOf(character, 4).toUpperCase()}`),
  JavaScript: each((character) => `\\x${hexOf(character)}`),
  'a part of a URL': encodeURIComponent,
  'a URL, each character': each((character) => `%${hexOf(character)}`),
  HTML: (text) => text.replace(/[&<>"']/g, (character) => entities[character] ?? ''),
  'HTML in capital letters': (text) => text.replace(/[&<>"]/g, (character) => entities[character]?.toUpperCase() ?? ''),
  'HTML, decimal': each((character) => `&#${codeOf(character)};`),
  'HTML, without semicolons': each((character) => `&#${codeOf(character)}`),
  'HTML, hexadecimal': each((character) => `&#x${hexOf(character)};`),
  'HTML, with zeros': each((character) => `&#x000${hexOf(character).toUpperCase()};`),
};

const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const secrets = fc
  .tuple(fc.stringMatching(/^[\w.~+/=-]{8,40}$/), visible)
  .map(([most, rest]) => most + rest)
  // A scheme is not a secret, and a backslash would form an escape with the characters after it.
  .filter((secret) => !/^\w+\+|\\/.test(secret));

describe('a credential', () => {
  it('is found in each encoding, and in three of them within each other', () => {
    const nested = fc.array(fc.constantFrom(...Object.keys(encodings)), { maxLength: 3 });
    fc.assert(
      fc.property(secrets, nested, fc.string(), (secret, names, around) => {
        fc.pre(!around.includes(secret));
        const encode = (text: string): string => names.reduce((inner, name) => encodings[name]?.(inner) ?? '', text);
        const redact = createRedactor(['Bearer+an-older-token', `Bearer+${secret}`]);
        const redacted = redact(`a ${encode(secret)} z`);
        expect(redacted).toContain('***');
        expect(redacted).not.toContain(secret);
        expect(redact(encode(`${around.replace(/[\\%&]/g, '')} ${secret}`))).toContain('***');
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['base64', 'base64'],
    ['base64url', 'base64url'],
  ] as const)('is found in %s, alone and with its scheme', (_name, encoding) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const authorization = `Bearer ${secret}`;
        for (const text of [secret, authorization]) {
          const encoded = Buffer.from(text).toString(encoding);
          expect(createRedactor([authorization])(`a ${encoded}`)).toMatch(/^a \*\*\*=*$/);
        }
      }),
    );
  });

  it.each([
    ['Bearer+1234567', '1234567', 'a 1234567 word'],
    ['Bearer+12345678', '12345678', 'a *** word'],
    ['AT 12345678', '12345678', 'a *** word'],
    ['HMAC-SHA256 AppId=a,SignedHeaders=host,Signature=0123456789', '0123456789', 'a *** word'],
    ['HMAC-SHA256 AppId=an-app-id,SignedHeaders=host,Signature=0123456789', 'an-app-id', 'a an-app-id word'],
    ['Bearer+a-token-with-Signature=in-it', 'a-token-with-Signature=in-it', 'a *** word'],
    ['12345678', '12345678', 'a *** word'],
  ])('of %s is hidden only in its secret part: %s', (authorization, shown, expected) => {
    expect(createRedactor([authorization])(`a ${shown} word`)).toBe(expected);
  });

  it('is found more than once, and next to others', () => {
    const redact = createRedactor(['Bearer+first-token', 'Bearer+second-token']);
    expect(redact('first-token second\\u002dtoken first%2Dtoken second-token')).toBe('*** *** *** ***');
  });

  it('that is not in a text leaves the text unchanged, with its escapes', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...Object.values(encodings)), (text, encode) => {
        const encoded = encode(text.replace(/[^ -~]/g, ''));
        expect(createRedactor(['Bearer+a-token-of-some-length'])(encoded)).toBe(encoded);
        expect(createRedactor([])(encoded)).toBe(encoded);
      }),
    );
  });
});
