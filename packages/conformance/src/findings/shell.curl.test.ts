import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printing, quoted } from './shell.ts';

/** What a POSIX shell prints for a script. */
const shell = (script: string): Buffer => execFileSync('/bin/sh', ['-c', script], { maxBuffer: 16 * 1_048_576 });

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
/** The unit `binary` of fast-check has them too, and takes a second to set up. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0x300, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));
const characters = fc.string({ unit: anyCharacter, maxLength: 60 }).filter((text) => !text.includes('\0'));
const withTraps = fc
  .array(fc.oneof(characters, fc.constantFrom("'", '"', '\\', '%', '%s', '$HOME', '`id`', '!', '\n', '-n', '\r')))
  .map((parts) => parts.join(''));

it('quotes every byte but NUL so that a shell gives it back', () => {
  const word = allBytes.subarray(1);
  expect(shell(`printf %s ${quoted(word)}`)).toEqual(word);
});

it('quotes any text as one word', () => {
  fc.assert(
    fc.property(withTraps, (text) => {
      const is = shell(`printf '%s|' ${quoted(text)}`).toString();
      return is === `${text.toWellFormed()}|`;
    }),
    { numRuns: 150 },
  );
});

it('prints every byte', () => {
  expect(shell(printing(allBytes))).toEqual(allBytes);
});

it('prints any bytes', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), fc.nat({ max: 300 }), fc.nat({ max: 255 }), (parts, count, byte) => {
      const all = Buffer.concat([...parts, Buffer.alloc(count, byte), ...parts]);
      return shell(printing(all)).equals(all);
    }),
    { numRuns: 100 },
  );
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['three million of one letter', Buffer.from(`{"unknown":"${'x'.repeat(3_000_000)}"}`)],
  ['brackets, 20,000 deep', Buffer.from('['.repeat(20_000) + ']'.repeat(20_000))],
])('prints %s by a short command', (_what, body) => {
  const command = printing(body);
  expect(command.length).toBeLessThan(200);
  expect(shell(command).equals(body)).toBe(true);
});
