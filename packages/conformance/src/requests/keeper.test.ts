import { expect, it } from 'vitest';
import { createKeeper } from './keeper.ts';

it('creates one thing for all simultaneous callers, and another after it was lost', async () => {
  let made = 0;
  const keeper = createKeeper(async () => `thing ${++made}`);
  expect(await Promise.all([keeper.get(), keeper.get()])).toEqual(['thing 1', 'thing 1']);
  keeper.lose('thing 0');
  expect(await keeper.get()).toBe('thing 1');
  keeper.lose('thing 1');
  expect(await keeper.get()).toBe('thing 2');
});

it('tries again after a failure', async () => {
  let made = 0;
  const keeper = createKeeper(async () => {
    made += 1;
    if (made === 1) throw new Error('not now');
    return made;
  });
  await expect(keeper.get()).rejects.toThrow('not now');
  expect(await keeper.get()).toBe(2);
});
