import { describe, expect, it } from 'vitest';
import { createResolver, find, pointerTo } from './resolve.ts';

const document = {
  paths: { '/a/{b~c}': { 'd e%': { is: 'here' } } },
  refersToIt: { $ref: '#/paths/~1a~1%7Bb~0c%7D' },
  refersOn: { $ref: '#/refersToIt/d%20e%25' },
  text: 'text',
  nothing: null,
  properties: { $ref: { is: 'a property' } },
};

it('finds a place by the tokens of its pointer, whatever characters they have', () => {
  const pointer = pointerTo('paths', '/a/{b~c}', 'd e%');
  expect(pointer).toBe('/paths/~1a~1{b~0c}/d e%');
  expect(find(document, pointer)).toEqual({ pointer, value: { is: 'here' } });
});

it('follows references on the way and at the end', () => {
  expect(find(document, '/refersOn')).toEqual({ pointer: '/paths/~1a~1{b~0c}/d e%', value: { is: 'here' } });
});

it('does not treat a property with the name $ref as a reference', () => {
  expect(find(document, '/properties/$ref').value).toEqual({ is: 'a property' });
});

it.each(['/none', '/paths/none', '/text', '/text/length', '/nothing', '/refersOn/is'])('refuses %s', (pointer) => {
  expect(() => find(document, pointer)).toThrow(/^the contract has nothing at \//);
});

describe('a resolved schema', () => {
  const word = { type: 'string' };
  const toWord = { $ref: '#/Word' };
  const resolved = (schema: object): object => createResolver({ Word: word, Schema: schema })('/Schema');

  it.each(['$defs', 'dependentSchemas', 'patternProperties', 'properties'])(
    'has no references in %s, whatever names it has',
    (keyword) => {
      const schemas = { a: toWord, example: toWord, $ref: toWord };
      expect(resolved({ [keyword]: schemas })).toEqual({ [keyword]: { a: word, example: word, $ref: word } });
    },
  );

  it('has no references in lists', () => {
    expect(resolved({ allOf: [toWord, { not: toWord }] })).toEqual({ allOf: [word, { not: word }] });
  });

  it.each(['const', 'default', 'enum', 'example', 'examples', 'x-note'])(
    'keeps the value of %s unchanged',
    (keyword) => {
      const schema = { [keyword]: [{ $ref: 'a value' }] };
      expect(resolved(schema)).toEqual(schema);
    },
  );

  it('keeps an empty keyword unchanged', () => {
    expect(resolved({ description: null })).toEqual({ description: null });
  });
});
