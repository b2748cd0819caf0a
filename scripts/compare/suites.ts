// `pnpm compare:suites`: compares the conformance suite with other tools that test providers.
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { pnpm } from '@koodrive-backup/lib/pack';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { writeSection } from '@koodrive-backup/lib/write-section';

const usage = `Usage: pnpm compare:suites [NAME…] [--sample N] [--write]

Runs the conformance suite and other tools that test providers against the correct provider and against every faulty
one. Prints a Markdown table: the faults that each tool caught, by class; its seconds per run; its faults caught per
second; its false alarms. Takes hours without --sample.

NAME is one or more of the following. Default: all.
  this       the conformance suite of this project
  specmatic  Specmatic, with generative tests (needs java)
  portman    Portman, with Newman
  respect    Redocly Respect
  prism      Prism, as a proxy
  dredd      Dredd

  --sample N  Uses one in N faulty providers of each class, and at least one.
  --write     Writes the table into packages/docs/pages/conformance-figures.md. Not allowed with NAME.
  --help      Prints this text.`;

const figures = join(rootDir, 'packages', 'docs', 'pages', 'conformance-figures.md');
const peers = join(import.meta.dirname, 'suites', 'peers');

interface Asked {
  sample?: string;
  write?: boolean;
}

async function compareSuites(names: string[], { sample, write = false }: Asked): Promise<number> {
  if (write && names.length > 0) throw new Error('--write needs all tools: leave out the names');
  if (sample !== undefined && !/^[1-9]\d*$/.test(sample))
    throw new Error(`--sample must be a whole number, 1 or more, not '${sample}'`);

  const packages = ['client', 'conformance', 'server'].map((name) => `--filter=@koodrive-backup/${name}`);
  if (turbo(['run', 'build', ...packages, '--output-logs=errors-only']) !== 0) return 2;
  // Dynamic imports, because the packages that these modules import did not exist before the build.
  const { tools } = await import('./suites/tools.ts');
  const { faultyProviders } = await import('../../packages/conformance/test/index.ts');
  const { compare, sampleOf } = await import('./suites/compare.ts');
  const { notesOf, suiteTable } = await import('./suites/table.ts');

  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no tool '${unknown}'; choose from ${tools.map(({ name }) => name).join(', ')}`);
  const asked = tools.filter(({ name }) => names.length === 0 || names.includes(name));
  const runnable = asked.filter(({ missing }) => missing?.() === undefined);
  if (runnable.some(({ isPeer }) => isPeer)) pnpm(['install', '--frozen-lockfile', '--prefer-offline'], peers);
  const faults = sample === undefined ? faultyProviders : sampleOf(faultyProviders, Number(sample));
  const results = await compare(runnable, faults, { signal: untilInterrupted(), tell: (line) => console.error(line) });
  const count = `${faults.length === faultyProviders.length ? '' : `${faults.length} of `}${faultyProviders.length} faulty providers:`;
  const text = [count, suiteTable(results, faults), notesOf(asked)].join('\n\n');
  console.log(text);
  if (write) writeSection(figures, 'compare:suites', text);
  return 0;
}

/** Returns a signal that aborts on Ctrl-C or `kill`, so that the comparison can end its processes and remove its folders. */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort(new Error('stopped')));
  return controller.signal;
}

await command(usage, ({ positionals, values }) => compareSuites(positionals, values), {
  allowPositionals: true,
  options: { sample: { type: 'string' }, write: { type: 'boolean' } },
});
