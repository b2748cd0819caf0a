#!/usr/bin/env node
import { readFileSync } from 'node:fs';

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
    const commandLine = parseCommandLine(process.argv.slice(2), process.env);
    if (commandLine.action === 'help') return console.log(usage);
    if (commandLine.action === 'version') return console.log(version);
    const { list, test } = await import('./commands.ts');
    if (commandLine.action === 'run') process.exitCode = await test(commandLine);
    else console.log(list());
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
  console.error(`koodrive-conformance: ${message.replace(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 2;
}
