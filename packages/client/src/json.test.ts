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
  ])('makes no JSON of %j, which is none', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  it('changes nothing that a double holds', () => {
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
