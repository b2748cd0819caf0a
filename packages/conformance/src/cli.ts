#!/usr/bin/env node
import { runCommand } from '@koodrive-backup/spec/command';

await runCommand('koodrive-conformance', new URL('../package.json', import.meta.url), async (version) => {
  const { parseCommandLine, usage } = await import('./options.ts');
  const commandLine = parseCommandLine(process.argv.slice(2), process.env);
  if (commandLine.action === 'help') return console.log(usage);
  if (commandLine.action === 'version') return console.log(version);
  const { list, test } = await import('./commands.ts');
  if (commandLine.action === 'run') process.exitCode = await test(commandLine);
  else console.log(list());
});
