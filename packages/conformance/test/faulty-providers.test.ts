import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultyProviders } from './faulty-providers.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

/** `pnpm soak` runs them all; otherwise it is one of each class, another each day. */
const isSoak = process.env.MODE === 'soak';
const day = Math.floor(Date.now() / 86_400_000);
const chosen = isSoak
  ? faultyProviders
  : [...new Set(faultyProviders.map((provider) => provider.class))].map((name) => {
      const members = faultyProviders.filter((provider) => provider.class === name);
      return members[day % members.length] ?? faultyProviders[0];
    });

it.each(chosen)('finds by $check that $name', async (provider) => {
  if (!provider) throw new Error('there is no such provider');
  const { wrap, check } = provider;
  // Some faults are met by chance: not with every seed, but with this one.
  const { results, seed } = await reference.run({ only: [check], deadlineMs: 2000, seed: 1 }, wrap);
  const violated = results.filter(({ outcome }) => outcome === 'violated').map((result) => result.check);
  expect(violated, `seed ${seed}: ${JSON.stringify(results.filter((result) => result.check === check))}`).toEqual(
    expect.arrayContaining([check]),
  );
});

it('has a faulty provider for every check that is not beyond reach, and none for what is no check', async () => {
  const { results } = await reference.run({ only: ['answered'] });
  const checks = new Set(results.map(({ check }) => check));
  const named = new Set(faultyProviders.map(({ check }) => check));
  expect([...named].filter((check) => !checks.has(check))).toEqual([]);
  expect([...checks].filter((check) => !named.has(check))).toEqual([]);
  expect(new Set(faultyProviders.map(({ name }) => name)).size).toBe(faultyProviders.length);
});
