// `pnpm compare:tools`: finds out which tools from npm can use the contract, and which of its files each tool needs.
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { specDir } from '@koodrive-backup/lib/workspace';
import { writeSection } from '@koodrive-backup/lib/write-section';
import { toolTable } from './tools/table.ts';

const usage = `Usage: pnpm compare:tools [NAME…] [--write]

Installs tools that read OpenAPI, and tries each with the contract and its variants. Prints a Markdown table: what each
tool did, the files that it works with, and the file to use.

NAME is the npm package of a tool. Default: all tools, which takes minutes.

  --write  Writes the table into spec/README.md. Not allowed with NAME.
  --help   Prints this text.

Exit status: 0 every tool works with a file; 1 a tool works with none; 2 the tools could not be tried.`;

const readme = join(specDir, 'README.md');

async function compareTools(names: string[], write = false): Promise<number> {
  if (turbo(['run', 'build', '--filter=@koodrive-backup/server', '--output-logs=errors-only']) !== 0) return 2;
  // Dynamic imports, because the packages that these modules import did not exist before the build.
  const { tools } = await import('./tools/tools.ts');
  const { tryTools } = await import('./tools/try-tools.ts');
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no tool '${unknown}'; choose from ${tools.map(({ name }) => name).join(', ')}`);
  if (write && names.length > 0) throw new Error('--write needs all tools: leave out the names');

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
