#!/usr/bin/env node
import { runCommand } from '@koodrive-backup/spec/command';

await runCommand('koodrive-server', new URL('../package.json', import.meta.url), async (version) => {
  const { parseCommandLine, usage } = await import('./command-line.ts');
  const commandLine = parseCommandLine(process.argv.slice(2), process.env);
  if (commandLine.command === 'help') return console.log(usage);
  if (commandLine.command === 'version') return console.log(version);
  const { issue, serve } = await import('./commands.ts');
  await (commandLine.command === 'serve' ? serve(commandLine) : issue(commandLine));
});
