import { expect, it } from 'vitest';
import { isUserId } from './user-id.ts';

const contractWith = (pattern: string) => ({ components: { parameters: { UserId: { schema: { pattern } } } } });

it.each([
  ['abc', true],
  ['abd', false],
  ['', false],
  [7, false],
  [['abc'], false],
  [undefined, false],
])('holds %j against the form that the contract gives a user id', (userId, is) => {
  expect(isUserId(contractWith('^[a-c]+$'), userId)).toBe(is);
});

it('reads the pattern as JSON Schema does, by code points', () => {
  expect(isUserId(contractWith('^.$'), '\u{1f600}')).toBe(true);
});
