import { afterAll, beforeAll, expect, it } from 'vitest';
import { byEnvelope } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

/** Soak asks for more. */
const isSoak = process.env.MODE === 'soak';

it.each(Array.from({ length: isSoak ? 20 : 1 }, (_, i) => i))(
  'finds nothing against the server, and sees all that a request can ask for, with the seed %i',
  async (seed) => {
    const report = await reference.run({ seed, runs: isSoak ? 25 : 2 });
    const { operations, inputs, bounds, responses, examples } = report.coverage;
    expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect([operations, inputs, bounds, responses, examples].flatMap(({ never }) => never)).toEqual([]);
  },
);

/** Those that send the most, whose requests differ in nothing that is about the form of a refusal. */
const left = ['pattern-refused', 'date-ahead-refused', 'date-old-refused', 'harmless', 'any-order'];

it.each(isSoak ? (['envelope', 'either'] as const) : (['envelope'] as const))(
  'finds nothing where all is refused with status 200, told %s',
  async (refusal) => {
    const { results } = await reference.run({ refusal, seed: 7, skip: isSoak ? [] : left }, () => byEnvelope);
    const unsound = results.filter(({ check, outcome }) => outcome !== 'passed' && (isSoak || !left.includes(check)));
    expect(unsound).toEqual([]);
  },
);
