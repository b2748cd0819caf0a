import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServerClock, formatXDate, isXDateWrongHere, parseHttpDate } from './clock.ts';

const now = Date.UTC(2026, 0, 31, 12);
const minute = 60_000;
const answerAt = (time: number): Response => new Response('', { headers: { date: new Date(time).toUTCString() } });

afterEach(() => void vi.useRealTimers());

describe('the clock of a server', () => {
  it('is the local one until an answer says otherwise', () => {
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

describe('a learnt time', () => {
  const hour = 60 * minute;
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));

  it('includes the age of an answer', () => {
    const aged = (age: string): number => {
      const clock = createServerClock();
      clock.learn(new Response('', { headers: { date: new Date(now - hour).toUTCString(), age } }));
      return clock.now() - now;
    };
    expect([aged('3600'), aged('60'), aged('0')]).toEqual([0, minute - hour, -hour]);
    for (const age of ['', '-60', '1.5', 'old', '9'.repeat(10)]) expect(aged(age)).toBe(-hour);
    expect(aged('999999999')).toBe(999_999_999_000 - hour);
  });

  it('is never one that no clock can have', () => {
    const years = (count: number): number => now + count * 365 * 24 * hour;
    const clock = createServerClock();
    for (const time of [years(100) + 1000, years(-100) - 1000]) clock.learn(answerAt(time));
    expect(clock.now()).toBe(now);
    clock.learn(answerAt(years(100)));
    expect(clock.now()).toBe(years(100));
    expect(() => clock.stamp(new Headers())).not.toThrow();
    clock.learn(answerAt(years(-100)));
    expect(clock.now()).toBe(years(-100));
  });

  it('can be distrusted, and is then not learnt again', () => {
    const clock = createServerClock();
    clock.learn(answerAt(now + 2 * hour));
    clock.distrust();
    expect(clock.now()).toBe(now);
    for (const off of [-59_000, 0, 59_000]) {
      clock.learn(answerAt(now + 2 * hour + off));
      expect(clock.refuses(now + 3 * hour, answerAt(now + 2 * hour + off))).toBe(false);
    }
    expect(clock.now()).toBe(now);
    for (const off of [-minute, minute]) {
      clock.learn(answerAt(now + 2 * hour + off));
      expect(clock.now()).toBe(now + 2 * hour + off);
    }
  });

  it('can be trusted again', () => {
    const clock = createServerClock();
    clock.learn(answerAt(now + 2 * hour));
    const trustAgain = clock.distrust();
    trustAgain();
    expect(clock.now()).toBe(now + 2 * hour);
    clock.learn(answerAt(now + 2 * hour + 1000));
    expect(clock.now()).toBe(now + 2 * hour + 1000);
  });

  it('is stamped again whenever it changes', () => {
    const clock = createServerClock();
    const headers = new Headers();
    const stamped = (): string | null => {
      clock.stamp(headers);
      return headers.get('x-date');
    };
    expect(stamped()).toBe('20260131T115900Z');
    vi.setSystemTime(now + 999);
    expect(stamped()).toBe('20260131T115900Z');
    vi.setSystemTime(now + 1000);
    expect(stamped()).toBe('20260131T115901Z');
    clock.learn(answerAt(now + 1000 + hour));
    expect(stamped()).toBe('20260131T125901Z');
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

  it('counts as not refused if the answer has no date', () => {
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
  // A form without a zone must not be read as local time.
  beforeEach(() => void vi.stubEnv('TZ', 'Asia/Shanghai'));
  afterEach(() => void vi.unstubAllEnvs());

  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %s',
    (text) => {
      expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    },
  );

  it('reads a date with spaces around it', () => {
    expect(parseHttpDate(' Sun Nov  6 08:49:37 1994 ')).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it.each(['', '5', '-5', '1.5', 'NaN', 'soon', 'tomorrow at 8:00'])('reads no date in %j', (text) => {
    expect(parseHttpDate(text)).toBeNaN();
  });
});
