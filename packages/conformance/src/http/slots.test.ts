import { expect, it } from 'vitest';
import { createSlots } from './slots.ts';

it('runs as much work as it has slots, and then the last that waits', async () => {
  const slots = createSlots(2);
  const started: string[] = [];
  const end = new Map<string, () => void>();
  const use = (name: string): Promise<void> =>
    slots.use(() => {
      started.push(name);
      return new Promise((resolve) => void end.set(name, resolve));
    });
  const all = ['a', 'b', 'c', 'd'].map(use);
  await Promise.resolve();
  expect(started).toEqual(['a', 'b']);
  end.get('a')?.();
  await all[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual(['a', 'b', 'd']);
  for (const name of ['b', 'd']) end.get(name)?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual(['a', 'b', 'd', 'c']);
  end.get('c')?.();
  await Promise.all(all);
});

it('continues after work that failed', async () => {
  const slots = createSlots(1);
  await expect(slots.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await slots.use(async () => 1)).toBe(1);
});
