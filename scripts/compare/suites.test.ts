import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { faultyProviders } from '../../packages/conformance/test/index.ts';
import { headOf } from './suites/table.ts';
import type { Tool } from './suites/tool.ts';
import { tools } from './suites/tools.ts';

const readme = readFileSync(join(rootDir, 'packages', 'conformance', 'README.md'), 'utf8');
const [, section = ''] = /<!-- compare:suites -->([\s\S]*)<!-- \/compare:suites -->/.exec(readme) ?? [];
const rows = section.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (title: string): number[] => {
  const [, , ...cells] = rows.find((line) => line.startsWith(`| ${title} |`))?.split('|') ?? [];
  return cells.slice(1, -1).map((cell) => Number.parseFloat(cell.replaceAll('*', '')));
};
const noteOf = (label: string): string => section.split('\n').find((line) => line.startsWith(`- ${label}: `)) ?? '';
const wasRun = ({ label }: Tool): boolean => !noteOf(label).startsWith(`- ${label}: not run, since `);
const compared = tools.filter(wasRun);
const classes = [...new Set(faultyProviders.map((fault) => fault.class))];
const mend = 'run `npx -y pnpm@12 compare:suites --write`';

it('the table of suites has the tools, in their versions and as they are set up, and their catch by class', () => {
  expect(rows.slice(0, 2), mend).toEqual(headOf(compared));
  for (const { label, setup } of compared) expect(noteOf(label), mend).toBe(`- ${label}: ${setup}.`);
  // Classes that came after the measurement are not in it: to measure anew takes half an hour.
  const measured = classes.filter((name) => cellsOf(name).length > 0);
  expect(measured.length).toBeGreaterThan(classes.length / 2);
  for (const name of measured) expect(cellsOf(name), `${name}: ${mend}`).toHaveLength(compared.length);
});

it.each(['**all**', 'faults caught a second'])('the table of suites has this suite before every other: %s', (title) => {
  const [own = 0, ...others] = cellsOf(title);
  expect(others).toHaveLength(compared.length - 1);
  for (const other of others) expect(own).toBeGreaterThan(other);
});
