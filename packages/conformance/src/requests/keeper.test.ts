import { expect, it } from 'vitest';
import { createKeeper } from './keeper.ts';

it('makes one thing for all who ask at a time, and another once it is lost', async () => {
  let made = 0;
  const keeper = createKeeper(async () => `thing ${++made}`);
  expect(await Promise.all([keeper.get(), keeper.get()])).toEqual(['thing 1', 'thing 1']);
  keeper.lose('thing 0');
  expect(await keeper.get()).toBe('thing 1');
  keeper.lose('thing 1');
  expect(await keeper.get()).toBe('thing 2');
});

it('tries again after it has failed', async () => {
  let made = 0;
  const keeper = createKeeper(async () => {
    made += 1;
    if (made === 1) throw new Error('not now');
    return made;
  });
  await expect(keeper.get()).rejects.toThrow('not now');
  expect(await keeper.get()).toBe(2);
});
