import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../store/store.ts';
import { createReadiness } from './readiness.ts';

let now: number;
let told: unknown[];
let checks: PromiseWithResolvers<void>[];
let check: () => Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  now = Date.UTC(2026, 0);
  told = [];
  checks = [];
  const store: Pick<Store, 'check'> = {
    check() {
      const checking = Promise.withResolvers<void>();
      checks.push(checking);
      return checking.promise;
    },
  };
  check = createReadiness(
    store as Store,
    (error) => told.push(error),
    () => now,
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const full = new Error('the disk is full');

it('resolves to the reason why the store cannot do its work, and reports it once', async () => {
  const first = check();
  checks[0]?.reject(full);
  expect(await first).toBe(full);
  now += 500;
  const second = check();
  checks[1]?.reject(full);
  expect(await second).toBe(full);
  expect(told).toEqual([full]);
  now += 500;
  const third = check();
  checks[2]?.resolve();
  expect(await third).toBeUndefined();
  expect(told).toEqual([full, undefined]);
});

it('resolves within a second if the store does not answer, and starts no second check meanwhile', async () => {
  const first = check();
  vi.advanceTimersByTime(1000);
  const late = new Error('the store has not answered for 1000 ms');
  expect(await first).toEqual(late);
  now += 60_000;
  const [second, third] = [check(), check()];
  vi.advanceTimersByTime(1000);
  expect(await Promise.all([second, third])).toEqual([late, late]);
  expect(checks).toHaveLength(1);
  expect(told).toEqual([late]);
  const fourth = check();
  checks[0]?.resolve();
  expect(await fourth).toBeUndefined();
  expect(told).toEqual([late, undefined]);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([499, -499])('checks again only when the last result is half a second old, not after %i ms', async (ms) => {
  const first = check();
  checks[0]?.resolve();
  await first;
  now += ms;
  expect(await check()).toBeUndefined();
  expect(checks).toHaveLength(1);
  now += Math.sign(ms);
  const later = check();
  expect(checks).toHaveLength(2);
  checks[1]?.reject(full);
  expect(await later).toBe(full);
});
