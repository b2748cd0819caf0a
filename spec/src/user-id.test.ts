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
])('checks %j against the contract’s pattern of a user id', (userId, is) => {
  expect(isUserId(contractWith('^[a-c]+$'), userId)).toBe(is);
});

it('matches the pattern by code points, as JSON Schema does', () => {
  expect(isUserId(contractWith('^.$'), '\u{1f600}')).toBe(true);
});
