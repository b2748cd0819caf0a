import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactJson } from './json.ts';

const parse = (text: string): unknown => JSON.parse(exactJson(text));

describe('exactJson', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740993', '-9007199254740993'],
    ['1842812272691451648', '1842812272691451648'],
    ['1e400', `1${'0'.repeat(400)}`],
    ['-1.8428122726916516480E+18', '-1842812272691651648'],
    ['0.9007199254740993e16', '9007199254740993'],
    ['9007199254740993.000', '9007199254740993'],
    ['9007199254740993.5', '9007199254740993.5'],
    ['123456789012345678901.5e1', '1234567890123456789015'],
    ['1e9999', '1e9999'],
    ['-1e999', `-1${'0'.repeat(999)}`],
    ['90071992547409930', '90071992547409930'],
    ['9007199254740993e0', '9007199254740993'],
    ['90071992547409.93e2', '9007199254740993'],
    ['9007199254740993.10', '9007199254740993.10'],
    ['9007199254740993.10e1', '90071992547409931'],
    ['9e15', 9e15],
    ['1e16', '10000000000000000'],
    ['1E+16', '10000000000000000'],
    ['0e99', 0],
    ['900719925474099e-1', 90071992547409.9],
    ['9007199254740990e-1', 900719925474099],
    ['1234567890123456789e-1', '1234567890123456789e-1'],
    ['1.5e3', 1500],
    ['0.1', 0.1],
    ['"1842812272691451648"', '1842812272691451648'],
    ['"a \\" 1842812272691451648 \\\\"', 'a " 1842812272691451648 \\'],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    '01842812272691451648',
    '+1842812272691451648',
    '1842812272691451648x',
    '.1842812272691451648',
    '-',
    '"\n"',
  ])('does not turn %j into JSON', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  it.each(Array.from({ length: 40 }, (_, index) => index))('finds 16 digits after %s characters', (length) => {
    const items = ' '.repeat(length);
    expect(parse(`[${items}9007199254740993${items}]`)).toEqual(['9007199254740993']);
    expect(parse(`[${items}${'1,'.repeat(length)}-9007199254740993]`)).toEqual([
      ...Array(length).fill(1),
      '-9007199254740993',
    ]);
  });

  // Tests that the time is in proportion to the length: if it were not, the texts of 5 MB would take hours.
  describe.each([65_536, 5_000_000])('ends with hostile texts of %s characters:', (length) => {
    const repeat = (text: string): string => text.repeat(Math.ceil(length / text.length));
    it.each<[string, string]>([
      ['a string that does not end', `"${repeat('a')}`],
      ['a string of escapes that does not end', `"${repeat('\\"')}`],
      ['a string of backslashes', `"${repeat('\\')}"`],
      ['quotes', repeat('"')],
      ['strings of escapes', `[${repeat('"\\\\\\"",')}1]`],
      ['lists in lists', repeat('[')],
      ['signs', repeat('-')],
      ['exponents', repeat('1e')],
      ['points', repeat('1.')],
      ['a fraction that ends with a digit', `0.${repeat('0')}1`],
    ])('%s', (_what, text) => {
      expect(exactJson(text) === text).toBe(true);
      // Also after a number that makes the client rewrite the whole text.
      expect(exactJson(`9007199254740993,${text}`) === `"9007199254740993",${text}`).toBe(true);
    });

    it('digits with zeros between them', () => {
      const digits = repeat('9');
      expect(exactJson(digits) === `"${digits}"`).toBe(true);
      for (const fraction of [`${repeat('0')}1`, repeat('01'), `${repeat('10')}1`]) {
        const number = `9007199254740993.${fraction}`;
        expect(exactJson(number) === `"${number}"`).toBe(true);
      }
      expect(exactJson(`9007199254740993.${repeat('0')}`)).toBe('"9007199254740993"');
    });
  });

  it('changes nothing that a double can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, (_, item) =>
          typeof item === 'number' && Math.abs(item) > Number.MAX_SAFE_INTEGER ? 0 : item,
        );
        expect(exactJson(text)).toBe(text);
      }),
    );
  });

  it('keeps every digit of an integer, wherever it stands', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.string(), (integer, name) => {
        const scientific = `${integer}`.replace(
          /^(-?\d)(\d*)$/,
          (_, first, rest) => `${first}.${rest}0e${rest.length}`,
        );
        const text = `{${JSON.stringify(name)}:[${integer}],"b": ${scientific} }`;
        const digits = Number.isSafeInteger(Number(integer)) ? Number(integer) : `${integer}`;
        expect(Object.values(parse(text) as object).flat()).toEqual(name === 'b' ? [digits] : [digits, digits]);
      }),
    );
  });
});
