#!/usr/bin/env node
import { runCommand } from '@koodrive-backup/spec/command';

// A mock has nothing to finish, so it ends at once, with all connections.
process.once('SIGINT', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));

await runCommand('koodrive-mock', new URL('../package.json', import.meta.url), async (version) => {
  const { parseCommandLine, usage } = await import('./command-line.ts');
  const { help, host, port, version: wantsVersion } = parseCommandLine(process.argv.slice(2));
  if (help) return console.log(usage);
  if (wantsVersion) return console.log(version);
  const { startMock } = await import('./start-mock.ts');
  const { url } = await startMock({ host, port });
  console.log(`koodrive-mock is ready at ${url}`);
});
