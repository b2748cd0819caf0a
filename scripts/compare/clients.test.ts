import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { type CaseResult, runCases } from './clients/run-cases.ts';
import { behaviourRows, headOf } from './clients/table.ts';
import { type Compared, load, tools } from './clients/tools.ts';

const lines = readFileSync(join(rootDir, 'packages', 'client', 'README.md'), 'utf8').split('\n');
const begin = lines.indexOf(headOf(tools)[0] ?? '');

/** The table's cells of some tools, by the behaviour that the line is about. */
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

it('the table of clients names each tool, in its version', () => expect(begin).toBeGreaterThan(0));

it('the table of clients says what the cases say, and this client passes them all', async () => {
  const results = await expectInReadme(tools.filter(({ isGenerated }) => !isGenerated));
  expect(results.at(-1)?.filter(({ failure }) => failure !== undefined)).toEqual([]);
});

// To generate clients takes longer than all other tests here.
it.skipIf(process.env.MODE !== 'soak')('the table says of the generated clients what the cases say', () =>
  expectInReadme(tools.filter(({ isGenerated }) => isGenerated)),
);
