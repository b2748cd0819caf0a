import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printing, quoted } from './shell.ts';

/** What a POSIX shell prints for a script, which it reads from its input: an argument cannot be that long. */
const shell = (script: string): Buffer => execFileSync('/bin/sh', { input: script, maxBuffer: 64 * 1_048_576 });

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
const patches = fc
  .tuple(fc.array(bytes, { maxLength: 4 }), fc.nat({ max: 300 }), fc.nat({ max: 255 }))
  .map(([parts, count, byte]) => Buffer.concat([...parts, Buffer.alloc(count, byte), ...parts]));

const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(!process.env.HAS_CURL)(`in a shell, with the seed ${seed}`, () => {
  it('quotes every byte but NUL so that a shell gives it back', () => {
    const word = allBytes.subarray(1);
    expect(shell(`printf %s ${quoted(word)}`)).toEqual(word);
  });

  it('quotes any text as one word', () => {
    const texts = fc.sample(withTraps, { seed, numRuns: 150 });
    const printed = shell(texts.map((text) => `printf '%s\\0' ${quoted(text)}\n`).join(''));
    expect(printed.toString().split('\0')).toEqual([...texts.map((text) => text.toWellFormed()), '']);
  });

  it('prints every byte', () => {
    expect(shell(printing(allBytes))).toEqual(allBytes);
  });

  it('prints any bytes', () => {
    const all = fc.sample(patches, { seed, numRuns: 100 });
    let rest = shell(all.map((patch) => `${printing(patch)}\n`).join(''));
    for (const patch of all) {
      const printed = rest.subarray(0, patch.length);
      expect(printed.equals(patch), `${printed.toString('hex')} for ${patch.toString('hex')}`).toBe(true);
      rest = rest.subarray(patch.length);
    }
    expect(rest).toHaveLength(0);
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
});
