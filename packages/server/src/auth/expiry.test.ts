import { expect, it } from 'vitest';
import { parseExpiry } from './expiry.ts';

const now = Date.UTC(2026, 10, 23, 12);

it.each([
  ['1s', now + 1000],
  ['90m', now + 5_400_000],
  ['12h', now + 43_200_000],
  ['30d', now + 2_592_000_000],
  ['2027-01-31', Date.UTC(2027, 0, 31)],
  ['2027-01-31T12:34:56Z', Date.UTC(2027, 0, 31, 12, 34, 56)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
])('%s is a time in the future', (text, time) => {
  expect(parseExpiry('--expires', text, now)).toBe(time);
});

it.each([
  '',
  '30',
  'd',
  '1.5h',
  '-1d',
  '1w',
  '1D',
  ' 1d',
  '1d\n',
  '999999999d',
  'never',
  '2027-02-30',
  '2027-13-01',
  '2027-01-31T24:00:00Z',
  '2027-01-31T12:00:00',
  '2027-01-31T12:00:00+01:00',
  '2027-1-31',
])('%j is no time', (text) => {
  expect(() => parseExpiry('--expires', text, now)).toThrow(/^--expires must be a duration such as 90m, /);
});

it.each(['0s', '0d', '2026-11-23', '2026-11-23T12:00:00Z', '1970-01-01'])('%s is not in the future', (text) => {
  expect(() => parseExpiry('KOODRIVE_EXPIRES', text, now)).toThrow('KOODRIVE_EXPIRES must be in the future');
});
