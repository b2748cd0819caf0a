#!/usr/bin/env node
import { readFileSync } from 'node:fs';

// A mock has nothing to finish, so it goes at once, connections and all.
process.once('SIGINT', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));

const { engines, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

// What an older Node cannot even read is imported only after this.
if (isOlder(process.versions.node, engines.node)) {
  fail(`needs Node ${engines.node}, and this is ${process.versions.node}`);
} else {
  await run();
}

async function run(): Promise<void> {
  const { parseCommandLine, usage } = await import('./command-line.ts');
  try {
    const { help, host, port, version: wantsVersion } = parseCommandLine(process.argv.slice(2));
    if (help) return console.log(usage);
    if (wantsVersion) return console.log(version);
    const { startMock } = await import('./start-mock.ts');
    const { url } = await startMock({ host, port });
    console.log(`koodrive-mock is ready at ${url}`);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function isOlder(node: string, range: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = range.replace('>=', '').split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

function fail(message: string): void {
  console.error(`koodrive-mock: ${message.replace(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 2;
}
