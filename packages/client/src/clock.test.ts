import { afterEach, describe, expect, it, vi } from 'vitest';
import { createServerClock, formatXDate, isXDateWrongHere, parseHttpDate } from './clock.ts';

const now = Date.UTC(2026, 0, 31, 12);
const minute = 60_000;
const answerAt = (time: number): Response => new Response('', { headers: { date: new Date(time).toUTCString() } });

afterEach(() => void vi.useRealTimers());

describe('the clock of a server', () => {
  it('is the local one until an answer tells it', () => {
    vi.useFakeTimers({ toFake: ['Date'], now });
    const clock = createServerClock();
    expect(clock.now()).toBe(now);
    clock.learn(new Response(''));
    clock.learn(new Response('', { headers: { date: 'soon' } }));
    expect(clock.now()).toBe(now);
    clock.learn(answerAt(now + 5 * minute));
    expect(clock.now()).toBe(now + 5 * minute);
    vi.setSystemTime(now + minute);
    expect(clock.now()).toBe(now + 6 * minute);
  });

  it('stamps a request a minute behind', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: now + 999 });
    const headers = new Headers();
    expect(createServerClock().stamp(headers)).toBe(now + 999 - minute);
    expect(headers.get('x-date')).toBe('20260131T115900Z');
  });
});

describe('an X-Date', () => {
  it.each([
    ['in the future', now + 1, true],
    ['now', now, false],
    ['14 minutes old', now - 14 * minute, false],
    ['older than that', now - 14 * minute - 1, true],
  ])('that is %s is refused: %s', (_what, xDate, isRefused) => {
    vi.useFakeTimers({ toFake: ['Date'], now: now - 3 * minute });
    expect(createServerClock().refuses(xDate, answerAt(now))).toBe(isRefused);
    vi.setSystemTime(now);
    expect(isXDateWrongHere(xDate)).toBe(isRefused);
  });

  it('is refused for nothing that is known if the answer has no date', () => {
    expect(createServerClock().refuses(now + 1, new Response(''))).toBe(false);
    expect(createServerClock().refuses(0, new Response(''))).toBe(false);
  });
});

it.each([
  ['2025-11-03T07:01:40.999Z', '20251103T070140Z'],
  ['2025-11-03T15:01:40+08:00', '20251103T070140Z'],
  ['2024-02-29T00:00:00Z', '20240229T000000Z'],
])('formatXDate writes %s as %s', (time, xDate) => {
  expect(formatXDate(Date.parse(time))).toBe(xDate);
});

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
