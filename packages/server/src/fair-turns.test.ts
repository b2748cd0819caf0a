import { expect, it, vi } from 'vitest';
import { createFairTurns, type FairTurns } from './fair-turns.ts';

/** Work that ends when the test says so, and records the order in which it began. */
function createWork(turns: FairTurns): {
  begun: string[];
  start: (userId: string) => Promise<void>;
  endOne: () => Promise<void>;
} {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    start: (userId) =>
      turns.run(userId, () => {
        begun.push(userId);
        return new Promise<void>((resolve) => ends.push(resolve));
      }),
    async endOne() {
      ends.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

it('runs as many requests at once as there are places, whoever sent them', async () => {
  const { begun, start, endOne } = createWork(
    createFairTurns({ mostAtOnce: 2, mostWaiting: 9, timeoutMs: 60_000, fate: 'not done' }),
  );
  for (const userId of ['a', 'a', 'a']) void start(userId);
  expect(begun).toEqual(['a', 'a']);
  await endOne();
  expect(begun).toEqual(['a', 'a', 'a']);
  await endOne();
  await endOne();
  void start('b');
  void start('b');
  expect(begun).toEqual(['a', 'a', 'a', 'b', 'b']);
});

it('lets users take turns, and runs the requests of each in order', async () => {
  const turns = createFairTurns({ mostAtOnce: 1, mostWaiting: 9, timeoutMs: 60_000, fate: 'not done' });
  const { begun, start, endOne } = createWork(turns);
  for (const userId of ['a', 'a', 'a', 'a', 'b', 'c', 'b']) void start(userId);
  expect(turns.waiting()).toBe(6);
  for (let i = 0; i < 7; i++) await endOne();
  expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
  expect(turns.waiting()).toBe(0);
});

it('gives the place to the next request if the work fails', async () => {
  const turns = createFairTurns({ mostAtOnce: 1, mostWaiting: 9, timeoutMs: 60_000, fate: 'not done' });
  const failed = turns.run('a', async () => {
    throw new Error('failed');
  });
  const next = turns.run('b', async () => 'done');
  await expect(failed).rejects.toThrow('failed');
  expect(await next).toBe('done');
});

it('refuses a request if too many wait', async () => {
  const turns = createFairTurns({ mostAtOnce: 1, mostWaiting: 1, timeoutMs: 60_000, fate: 'not done' });
  const { start, endOne } = createWork(turns);
  void start('a');
  void start('a');
  await expect(start('b')).rejects.toMatchObject({
    name: 'StoreUnavailable',
    fate: 'not done',
    limit: 'queued',
  });
  await endOne();
  void start('b');
  expect(turns.waiting()).toBe(1);
  // Otherwise its time would end during a later test, which would get the rejection.
  await endOne();
});

it('refuses a request that waits too long, and never begins it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const turns = createFairTurns({ mostAtOnce: 1, mostWaiting: 9, timeoutMs: 100, fate: undefined });
    const { begun, start, endOne } = createWork(turns);
    void start('a');
    const late = start('b');
    const refused = expect(late).rejects.toMatchObject({ name: 'StoreUnavailable', limit: 'store_time' });
    vi.advanceTimersByTime(100);
    await refused;
    expect(turns.waiting()).toBe(0);
    void start('c');
    await endOne();
    expect(begun).toEqual(['a', 'c']);
  } finally {
    vi.useRealTimers();
  }
});
