import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { type CaseResult, runCases } from './clients/run-cases.ts';
import { behaviourRows, headOf } from './clients/table.ts';
import { type Compared, load, tools } from './clients/tools.ts';

const lines = readFileSync(join(rootDir, 'packages', 'client', 'README.md'), 'utf8').split('\n');
const begin = lines.indexOf(headOf(tools)[0] ?? '');

/** Reads the README's rows for some tools: the behaviour of each row, then the cells of the chosen tools. */
function inReadme(chosen: Compared[], count: number): string[][] {
  return lines.slice(begin + 2, begin + 2 + count).map((line) => {
    const [behaviour = '', ...cells] = line.split('|').slice(1, -1);
    return [behaviour, ...chosen.map((tool) => cells[tools.indexOf(tool)] ?? '')].map((cell) => cell.trim());
  });
}

async function expectInReadme(chosen: Compared[]): Promise<CaseResult[][]> {
  const results: CaseResult[][] = [];
  for (const tool of chosen) results.push(await runCases(await load(tool)));
  const expected = behaviourRows(results).map((line) => line.slice(2, -2).split(' | '));
  expect(inReadme(chosen, expected.length), 'run `npx -y pnpm@12 compare:clients --write`').toEqual(expected);
  return results;
}

it('the table of clients names each tool with its installed version', () => expect(begin).toBeGreaterThan(0));

it('the table of clients matches the results of the cases, and this client passes all cases', async () => {
  const results = await expectInReadme(tools.filter(({ isGenerated }) => !isGenerated));
  expect(results.at(-1)?.filter(({ failure }) => failure !== undefined)).toEqual([]);
});

// Only in soak: generating the clients takes longer than all other tests here.
it.skipIf(process.env.MODE !== 'soak')('the table matches the results of the cases for the generated clients', () =>
  expectInReadme(tools.filter(({ isGenerated }) => isGenerated)),
);
