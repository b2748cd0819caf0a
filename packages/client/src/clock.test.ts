import { expect, it } from 'vitest';
import { formatXDate } from './clock.ts';

it.each([
  ['2025-11-03T07:01:40.999Z', '20251103T070140Z'],
  ['2025-11-03T15:01:40+08:00', '20251103T070140Z'],
  ['2024-02-29T00:00:00Z', '20240229T000000Z'],
])('writes %s as %s', (time, xDate) => {
  expect(formatXDate(Date.parse(time))).toBe(xDate);
});
