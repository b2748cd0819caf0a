// `pnpm compare:clients`: compares this project's client with other ways to make the same call.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { writeSection } from '@koodrive-backup/lib/write-section';
import { bytesOf } from '@koodrive-backup/testkit/bundle';
import type { CaseResult } from './clients/run-cases.ts';
import { fastestRounds, inProcessCall } from './measure.ts';

const usage = `Usage: pnpm compare:clients [--write]

Calls createBackupRecord with bare fetch, with openapi-fetch, with the clients that @hey-api/openapi-ts and redocly
generate-client generate, and with this project's client. Prints two Markdown tables: the behaviours and the cost of
each, and the result of each case.

  --write  Writes the first table into packages/client/README.md.
  --help   Prints this text.`;

const readme = join(rootDir, 'packages', 'client', 'README.md');

async function compareClients(write = false): Promise<number> {
  if (turbo(['run', 'build', 'generate:clients', '--output-logs=errors-only']) !== 0) return 2;
  // Dynamic imports, because the packages that these modules import did not exist before the build.
  const { load, tools } = await import('./clients/tools.ts');
  const { runCases } = await import('./clients/run-cases.ts');
  const { behaviourRows, caseTable, headOf, row } = await import('./clients/table.ts');

  const results: CaseResult[][] = [];
  for (const tool of tools) results.push(await runCases(await load(tool)));
  const bytes = await Promise.all(tools.map(({ module }) => bytesOfCall(module)));
  const calls = await Promise.all(tools.map(async (tool) => inProcessCall(await load(tool))));
  const microseconds = await fastestRounds(calls, 15, 3000);
  const table = [
    ...headOf(tools),
    ...behaviourRows(results),
    row(['Bytes, minified and gzipped', ...bytes.map((count) => count.toLocaleString('en'))]),
    row(['Microseconds a call, with a fetch that costs nothing', ...microseconds.map((time) => time.toFixed(1))]),
  ].join('\n');
  console.log(`${table}\n\n${caseTable(tools, results)}`);
  if (write) writeSection(readme, 'compare:clients', `${table}\n\n${conditions}`);
  return 0;
}

/** Returns the bundle size of an application that makes the call with an access token. */
async function bytesOfCall(module: string): Promise<number> {
  const folder = mkdtempSync(join(import.meta.dirname, 'dist', 'bundle-'));
  try {
    return await bytesOf(folder, `import { connect } from '../../clients/${module}.ts'; globalThis.connect = connect;`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const conditions = `Measured on Node ${process.versions.node}, ${process.platform} ${process.arch}, in one run.`;

await command(usage, ({ values }) => compareClients(values.write), { options: { write: { type: 'boolean' } } });
