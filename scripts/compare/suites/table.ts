import { availableParallelism } from 'node:os';
import type { FaultyProvider } from '../../../packages/conformance/test/index.ts';
import { row } from '../clients/table.ts';
import type { Result } from './compare.ts';
import type { Tool } from './tool.ts';

/** Returns the first two lines of the table, which name the tools. */
export const headOf = (tools: Tool[]): string[] => [
  row(['Faults', '', ...tools.map(({ label }) => label)]),
  row(['---', '---:', ...tools.map(() => '---:')]),
];

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Returns the table of the faults that each tool caught, by class, with its seconds and its false alarms. */
export function suiteTable(results: Result[], faults: FaultyProvider[]): string {
  const caughtOf = (some: FaultyProvider[]): string[] =>
    results.map(({ caught }) => `${some.filter(({ name }) => caught.has(name)).length}`);
  const classes = [...new Set(faults.map((fault) => fault.class))];
  const membersOf = (name: string): FaultyProvider[] => faults.filter((fault) => fault.class === name);
  return [
    ...headOf(results.map(({ tool }) => tool)),
    ...classes.map((name) => row([name, `${membersOf(name).length}`, ...caughtOf(membersOf(name))])),
    row(['**all**', `**${faults.length}**`, ...caughtOf(faults).map((count) => `**${count}**`)]),
    row(['seconds a run', '', ...results.map(({ seconds }) => (sum(seconds) / seconds.length).toFixed(1))]),
    row([
      'faults caught a second',
      '',
      ...results.map(({ caught, seconds }) =>
        ((caught.size / faults.length) * (seconds.length / sum(seconds))).toFixed(2),
      ),
    ]),
    row(['false alarms', '', ...results.map(({ falseAlarms, total }) => `${falseAlarms.size} of ${total}`)]),
  ].join('\n');
}

/** Returns the notes under the table: how each tool was set up, and the machine of the measurement. */
export function notesOf(tools: Tool[]): string {
  const setups = tools.map(({ label, setup, missing }) => {
    const reason = missing?.();
    return `- ${label}: ${reason === undefined ? setup : `not run, because ${reason} on that machine`}.`;
  });
  const { versions, platform, arch } = process;
  return `${setups.join('\n')}\n\nMeasured on Node ${versions.node}, ${platform} ${arch}, in one run, ${availableParallelism()} tools at a time.`;
}
