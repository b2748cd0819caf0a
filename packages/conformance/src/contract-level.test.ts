import { startMock } from '@koodrive-backup/mock';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConformance } from './run.ts';

let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

it('finds that the mock honours the contract, with an observation by every check of the level', async () => {
  const { results, seed, coverage } = await runConformance({
    baseUrl: mock.url,
    credentials: { userId: '1505084218764547200', token: '60f4ccc7b1' },
    refusal: 'status',
    runs: process.env.MODE === 'soak' ? 25 : 5,
  });
  const unsound = results.filter(({ level, outcome }) => level === 'contract' && outcome !== 'passed');
  expect(unsound, `seed ${seed}`).toEqual([]);
  expect(coverage.operations.never).toEqual([]);
  expect(coverage.examples.never).toEqual([]);
});
