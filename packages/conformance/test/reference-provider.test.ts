import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { byEnvelope } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const unsound = ({ results }: Report): object[] => results.filter(({ outcome }) => outcome !== 'passed');

/** `pnpm soak` asks for more. */
const seeds = process.env.MODE === 'soak' ? 20 : 2;

it.each(Array.from({ length: seeds }, (_, i) => i))(
  'finds nothing against the server, and sees all that a request can ask for, with the seed %i',
  async (seed) => {
    const report = await reference.run({ seed });
    const { operations, inputs, bounds, responses, examples } = report.coverage;
    expect(unsound(report)).toEqual([]);
    expect([operations, inputs, bounds, responses, examples].flatMap(({ never }) => never)).toEqual([]);
  },
);

it.each(['envelope', 'either'] as const)(
  'finds nothing where all is refused with status 200, told %s',
  async (refusal) => {
    expect(unsound(await reference.run({ refusal, seed: 7 }, () => byEnvelope))).toEqual([]);
  },
);
