import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate } from './http-date.ts';
import { retryDelay } from './retry.ts';

describe('parseHttpDate', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %s',
    (text) => {
      expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    },
  );

  it.each(['', '5', '-5', '1.5', 'NaN', 'soon', 'tomorrow at 8:00'])('reads no date in %j', (text) => {
    expect(parseHttpDate(text)).toBeNaN();
  });
});

describe('retryDelay', () => {
  const now = Date.UTC(2026, 0, 31, 12);
  const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

  it.each([
    ['0', 0],
    ['7', 7000],
    ['99999', 60_000],
    ['9'.repeat(400), 60_000],
    [at(9), 9000],
    [at(-9), 0],
    [at(9999), 60_000],
  ])('waits as Retry-After: %s says, within bounds', (retryAfter, ms) => {
    expect(retryDelay(0, 0.5, retryAfter, now)).toBe(ms);
  });

  it.each(['', '-5', 'NaN', '1.5', 'soon'])('takes no notice of Retry-After: %j', (retryAfter) => {
    expect(retryDelay(0, 0.5, retryAfter, now)).toBe(250);
  });

  it.each([
    [0, 500],
    [1, 1000],
    [3, 4000],
    [20, 20_000],
    [2000, 20_000],
  ])('spans up to %s: %s ms', (retries, ms) => {
    expect(retryDelay(retries, 1)).toBe(ms);
    expect(retryDelay(retries, 0)).toBe(0);
  });

  it('is always a number of milliseconds from 0 to 60,000', () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), header, (retries, random, retryAfter) => {
        const ms = retryDelay(retries, random, retryAfter, now);
        expect(ms >= 0 && ms <= 60_000).toBe(true);
      }),
    );
  });
});
