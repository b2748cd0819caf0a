import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { createScope, type Profile } from './scope.ts';

const { operations } = readContract(document);
const items = Array.from({ length: 33 }, (_, i) => i);

it.each([
  ['full', 3],
  ['quick', 1],
] as const satisfies [Profile, number][])(
  'with %s tries each item on %i operations at least, and each operation',
  (profile, copies) => {
    const { share } = createScope(operations, profile);
    const shares = operations.map((operation) => share(operation, items));
    const counts = items.map((item) => shares.filter((share) => share.includes(item)).length);
    expect(Math.min(...counts)).toBe(copies);
    expect(Math.min(...shares.map((share) => share.length))).toBeGreaterThan(0);
  },
);

it('gives every operation an item of a short list, and a single operation all items', () => {
  const [operation] = operations;
  if (!operation) throw new Error('the contract has no operation');
  for (const profile of ['full', 'quick'] as const) {
    expect(operations.map((one) => createScope(operations, profile).share(one, ['a']))).toEqual(
      operations.map(() => ['a']),
    );
    expect(createScope([operation], profile).share(operation, items)).toEqual(items);
    expect(createScope(operations, profile).share(operation, [])).toEqual([]);
  }
});

it('returns some items, spread evenly, with the profile quick, and all with full', () => {
  expect(createScope(operations, 'full').some(items)).toEqual(items);
  const some = createScope(operations, 'quick').some(items);
  expect(some).toHaveLength(10);
  expect(some[0]).toBe(0);
  expect(Number(some.at(-1))).toBeGreaterThan(28);
  expect(createScope(operations, 'quick').some([1, 2])).toEqual([1, 2]);
});
