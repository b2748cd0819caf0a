import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from './errors/backup-error.ts';
import { decodeProperties, encodeProperties, type Json } from './properties.ts';

describe('properties', () => {
  it('are the same after encoding and decoding', () => {
    const integer = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value), (_, item) =>
          integer(item) && !Number.isSafeInteger(item) ? 0 : item,
        ) as Json;
        expect(decodeProperties({ properties: encodeProperties(json) })).toEqual(json);
      }),
    );
  });

  it.each([{}, { properties: undefined }, { properties: null }])('are undefined if a record has none: %j', (record) => {
    expect(decodeProperties(record)).toBeUndefined();
  });

  it('keep integers exact', () => {
    expect(decodeProperties({ properties: '{"id":1842812272691451648}' })).toEqual({ id: '1842812272691451648' });
  });

  it.each(['', '{', 'undefined', "{'a':1}"])('that are %j are not JSON', (properties) => {
    expect(() => decodeProperties({ properties })).toThrow(BackupError);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
    ['an integer that is not exact', 2 ** 53],
    ['a Date', new Date(0)],
    ['a Map', new Map([[1, 2]])],
    ['a regular expression', /a/],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['an iterator of an array', [1].values()],
  ])('refuse %s, at any depth', (_what, value) => {
    expect(() => encodeProperties(value as Json)).toThrow(TypeError);
    expect(() => encodeProperties({ a: [{ b: value as Json }] })).toThrow(
      /^properties: "b" is ([-\w ]+, which JSON cannot hold|beyond ±\(2\^53 - 1\), so readers round it: write it as a string)$/,
    );
  });

  it('refuse a cycle', () => {
    const cycle: Record<string, Json> = {};
    cycle.self = cycle;
    expect(() => encodeProperties(cycle)).toThrow(TypeError);
  });

  it('hold every safe integer, and no other', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    expect(encodeProperties([largest, -largest, 0.5, 1e-7])).toBe('[9007199254740991,-9007199254740991,0.5,1e-7]');
    for (const integer of [largest + 1, -largest - 1, 1e300]) {
      expect(() => encodeProperties(integer)).toThrow('properties is beyond ±(2^53 - 1), so readers round it');
    }
    for (const other of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      expect(() => encodeProperties(other)).toThrow(`properties is ${other}, which JSON cannot hold`);
    }
  });

  it('that are not JSON are shown by their first 200 characters', () => {
    const decode = (properties: unknown) => () => decodeProperties({ properties: properties as string });
    expect(decode('x'.repeat(300))).toThrow(
      expect.objectContaining({
        name: 'BackupPropertiesError',
        message: `properties is not JSON: ${'x'.repeat(200)}`,
        properties: 'x'.repeat(200),
      }),
    );
    for (const properties of [{}, Symbol('x'), ['{']]) {
      expect(decode(properties)).toThrow(BackupError);
    }
  });
});
