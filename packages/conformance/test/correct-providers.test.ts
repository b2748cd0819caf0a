import { afterAll, beforeAll, expect, it } from 'vitest';
import { listChecks } from '../src/checks/all.ts';
import { correctProviders } from './correct-providers.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const isSoak = process.env.MODE === 'soak';

it.each(correctProviders)(
  'accuses no provider that $name',
  async ({ name, checks, skip = [], wrap, aheadMs, refusal = 'status' }) => {
    const chosen = isSoak ? { skip } : { only: checks };
    const { results } = await reference.run({ ...chosen, refusal, seed: 1, runs: 2 }, wrap, aheadMs);
    expect(results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
    // Without the provider's clock, some checks see nothing.
    const seen = results.filter(({ check, outcome }) => outcome === 'passed' && checks.includes(check));
    expect(seen.length, name).toBeGreaterThan(0);
  },
);

it('names only checks that exist', () => {
  const ids = listChecks().map(({ id }) => id);
  expect(correctProviders.flatMap(({ checks }) => checks).filter((id) => !ids.includes(id))).toEqual([]);
});
