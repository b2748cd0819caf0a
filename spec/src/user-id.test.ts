import { expect, it } from 'vitest';
import { isUserId } from './user-id.ts';

const contract = { components: { parameters: { UserId: { schema: { pattern: '^[a-c]+$' } } } } };

it.each([
  ['abc', true],
  ['abd', false],
  ['', false],
  [7, false],
  [undefined, false],
])('holds %j against the form that the contract gives a user id', (userId, is) => {
  expect(isUserId(contract, userId)).toBe(is);
});
