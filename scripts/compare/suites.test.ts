import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { faultyProviders } from '../../packages/conformance/test/index.ts';
import { headOf } from './suites/table.ts';
import type { Tool } from './suites/tool.ts';
import { tools } from './suites/tools.ts';

const figures = readFileSync(join(rootDir, 'packages', 'docs', 'pages', 'conformance-figures.md'), 'utf8');
const [, section = ''] = /<!-- compare:suites -->([\s\S]*)<!-- \/compare:suites -->/.exec(figures) ?? [];
const rows = section.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (title: string): number[] => {
  const [, , ...cells] = rows.find((line) => line.startsWith(`| ${title} |`))?.split('|') ?? [];
  return cells.slice(1, -1).map((cell) => Number.parseFloat(cell.replaceAll('*', '')));
};
const noteOf = (label: string): string => section.split('\n').find((line) => line.startsWith(`- ${label}: `)) ?? '';
const wasRun = ({ label }: Tool): boolean => !noteOf(label).startsWith(`- ${label}: not run, because `);
const compared = tools.filter(wasRun);
const classes = [...new Set(faultyProviders.map((fault) => fault.class))];
const mend = 'run `npx -y pnpm@12 compare:suites --write`';

it('the table of suites has the version, the setup and the caught faults by class of each tool', () => {
  expect(rows.slice(0, 2), mend).toEqual(headOf(compared));
  for (const { label, setup } of compared) expect(noteOf(label), mend).toBe(`- ${label}: ${setup}.`);
  // The table may lack classes that are newer than the measurement, because a new measurement takes an hour with
  // --sample, and hours without.
  const measured = classes.filter((name) => cellsOf(name).length > 0);
  expect(measured.length).toBeGreaterThan(classes.length / 2);
  for (const name of measured) expect(cellsOf(name), `${name}: ${mend}`).toHaveLength(compared.length);
});

it.each(['**all**', 'faults caught a second'])('this suite has the highest value in the row %s', (title) => {
  const [own = 0, ...others] = cellsOf(title);
  expect(others).toHaveLength(compared.length - 1);
  for (const other of others) expect(own).toBeGreaterThan(other);
});
