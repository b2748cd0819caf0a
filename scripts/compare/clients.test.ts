import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { runCases } from './clients/run-cases.ts';
import { behaviourRows, headOf } from './clients/table.ts';
import { tools } from './clients/tools.ts';

it('the table of clients says what the cases say, and this client passes them all', async () => {
  const results = [];
  for (const { tool } of tools) results.push(await runCases(tool));
  expect(results.at(-1)?.filter(({ failure }) => failure !== undefined)).toEqual([]);

  const lines = readFileSync(join(rootDir, 'packages', 'client', 'README.md'), 'utf8').split('\n');
  const begin = lines.indexOf(headOf(tools)[0] ?? '');
  const expected = [...headOf(tools), ...behaviourRows(results)];
  expect(lines.slice(begin, begin + expected.length), 'run `npx -y pnpm@12 compare:clients --write`').toEqual(expected);
});
