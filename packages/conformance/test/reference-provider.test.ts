import { afterAll, beforeAll, expect, it } from 'vitest';
import { byEnvelope } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

/** Soak runs more seeds. */
const isSoak = process.env.MODE === 'soak';

it.each(Array.from({ length: isSoak ? 20 : 1 }, (_, i) => i))(
  'finds no violation in the server, and exercises everything that a request can trigger, with the seed %i',
  async (seed) => {
    const report = await reference.run({ seed, runs: isSoak ? 25 : 2 });
    const { operations, inputs, bounds, responses, examples } = report.coverage;
    expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect([operations, inputs, bounds, responses, examples].flatMap(({ never }) => never)).toEqual([]);
  },
);

/** The checks that send the most requests. The form of a refusal makes no difference to them. */
const left = ['pattern-refused', 'date-ahead-refused', 'date-old-refused', 'harmless', 'any-order'];

it.each(isSoak ? (['envelope', 'either'] as const) : (['envelope'] as const))(
  'finds no violation if the provider refuses everything with status 200, with --refusal %s',
  async (refusal) => {
    const { results } = await reference.run({ refusal, seed: 7, skip: isSoak ? [] : left }, () => byEnvelope);
    const unsound = results.filter(({ check, outcome }) => outcome !== 'passed' && (isSoak || !left.includes(check)));
    expect(unsound).toEqual([]);
  },
);
