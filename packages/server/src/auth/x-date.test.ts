import { expect, it } from 'vitest';
import { timeOfXDate } from './x-date.ts';

it('reads a time in the basic form of ISO 8601, in UTC', () => {
  expect(timeOfXDate('20261126T162233Z')).toBe(Date.UTC(2026, 10, 26, 16, 22, 33));
  expect(timeOfXDate('20280229T000000Z')).toBe(Date.UTC(2028, 1, 29));
});

it.each(['20260230T000000Z', '20270229T000000Z', '20261131T000000Z'])(
  'returns NaN for %s, a date that does not exist',
  (text) => {
    expect(timeOfXDate(text)).toBeNaN();
  },
);

it.each(['', '20261126T162233', '2026-11-26T16:22:33Z', '20261126T162233z', ' 20261126T162233Z', '20261126T162233Z\n'])(
  'returns undefined for another form: %j',
  (text) => {
    expect(timeOfXDate(text)).toBeUndefined();
  },
);
