import { expect, it } from 'vitest';
import { errorCode } from './error-codes.ts';

const codes = [
  { code: 7, name: 'FIRST' },
  { code: 8, name: 'SECOND' },
];
const contract = { components: { schemas: { ErrorResponse: { properties: { code: { 'x-error-codes': codes } } } } } };

it.each(codes)('finds the code named $name', ({ code, name }) => {
  expect(errorCode(contract, name)).toBe(code);
});

it('refuses a name that the contract does not have', () => {
  expect(() => errorCode(contract, 'THIRD')).toThrow('the contract has no error code named THIRD');
});
