import { expect, it } from 'vitest';
import { find, pointerTo } from './resolve.ts';

const document = {
  paths: { '/a/{b~c}': { 'd e%': { is: 'here' } } },
  refersToIt: { $ref: '#/paths/~1a~1%7Bb~0c%7D' },
  refersOn: { $ref: '#/refersToIt/d%20e%25' },
  text: 'text',
};

it('finds a place by the tokens of its pointer, whatever is in them', () => {
  const pointer = pointerTo('paths', '/a/{b~c}', 'd e%');
  expect(pointer).toBe('/paths/~1a~1{b~0c}/d e%');
  expect(find(document, pointer)).toEqual({ pointer, value: { is: 'here' } });
});

it('follows references on the way and at the end', () => {
  expect(find(document, '/refersOn')).toEqual({ pointer: '/paths/~1a~1{b~0c}/d e%', value: { is: 'here' } });
});

it.each(['/none', '/paths/none', '/text', '/text/length', '/refersOn/is'])('refuses %s', (pointer) => {
  expect(() => find(document, pointer)).toThrow(/^the contract has nothing at \//);
});
