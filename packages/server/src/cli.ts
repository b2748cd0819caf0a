#!/usr/bin/env node
import { runCommand } from '@koodrive-backup/spec/command';

await runCommand('koodrive-server', new URL('../package.json', import.meta.url), async (version) => {
  const { parseCommandLine } = await import('./command-line.ts');
  const commandLine = parseCommandLine(process.argv.slice(2), process.env);
  if (commandLine.command === 'help') return console.log((await import('./usage.ts')).usage);
  if (commandLine.command === 'version') return console.log(version);
  await (await import('./commands/run.ts')).run(commandLine);
});
