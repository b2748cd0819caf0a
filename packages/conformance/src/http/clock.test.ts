import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClock } from './clock.ts';

const time = (xDate: string): number =>
  Date.parse(xDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

// Freeze time, so that none passes between computing the expected and the actual value.
beforeEach(() => void vi.useFakeTimers({ now: 1_790_000_000_123, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

it('keeps every instant of a skewed provider within its bounds', () => {
  for (const skew of [-3_600_000, -1, 0, 999, 3_600_000]) {
    const clock = createClock();
    for (let sent = Date.now() - 3000; sent < Date.now(); sent += 700) {
      const received = sent + 30;
      clock.learn(new Date(Math.floor((sent + 10 + skew) / 1000) * 1000).toUTCString(), sent, received);
    }
    const provider = Date.now() + skew;
    const { earliest, latest } = clock.now();
    expect(earliest).toBeLessThanOrEqual(provider);
    expect(latest).toBeGreaterThanOrEqual(provider);
    expect(time(clock.past())).toBeLessThanOrEqual(provider);
    expect(time(clock.future(1))).toBeGreaterThan(provider);
    expect(provider - time(clock.past(901))).toBeGreaterThan(900_000);
  }
});

it('starts again if somebody set a clock', () => {
  const clock = createClock();
  const now = Date.now();
  clock.learn(new Date(now).toUTCString(), now, now);
  clock.learn(new Date(now + 600_000).toUTCString(), now, now);
  expect(clock.now().earliest).toBeGreaterThan(now + 590_000);
});
