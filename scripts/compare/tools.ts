// `pnpm compare:tools`: which tools from npm can use the contract, and which file of it each should get.
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { specDir } from '@koodrive-backup/lib/workspace';
import { writeSection } from '@koodrive-backup/lib/write-section';
import { toolTable } from './tools/table.ts';

const usage = `Usage: pnpm compare:tools [NAME…] [--write]

Installs tools that read OpenAPI, tries each with the contract and its variants, and prints a Markdown table: what was
tried, which files the tool works with, and which one to use. Exits with 1 if a tool works with none.

NAME is the package of a tool. Without one, all are tried, which takes minutes.

  --write  writes the table into spec/README.md; with all tools only`;

const readme = join(specDir, 'README.md');

async function compareTools(names: string[], write = false): Promise<number> {
  if (turbo(['run', 'build', '--filter=@koodrive-backup/server', '--output-logs=errors-only']) !== 0) return 2;
  // Not static imports: what they import has only now been built.
  const { tools } = await import('./tools/tools.ts');
  const { tryTools } = await import('./tools/try-tools.ts');
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no tool '${unknown}', but ${tools.map(({ name }) => name).join(', ')}`);
  if (write && names.length > 0) throw new Error('--write goes with all tools');

  const asked = tools.filter(({ name }) => names.length === 0 || names.includes(name));
  const outcomes = await tryTools(asked, (line) => console.error(line));
  const table = toolTable(outcomes);
  console.log(table);
  if (write) writeSection(readme, 'compare:tools', table);
  return outcomes.some(({ tool, failures }) => failures.size === tool.files.length) ? 1 : 0;
}

await command(usage, ({ positionals, values }) => compareTools(positionals, values.write), {
  allowPositionals: true,
  options: { write: { type: 'boolean' } },
});
