import { readFileSync } from 'node:fs';

// Imports and syntax of this file are those that an old Node reads too: it is the one to say that it is too old.

/**
 * Runs a published command: refuses a Node that is older than its package asks for, and turns an error into one line on
 * stderr and exit code 2.
 *
 * @param name Of the command.
 * @param manifest URL of the package's `package.json`.
 * @param run Does the work, and imports what it needs only then: an old Node could not even read it.
 */
export async function runCommand(name: string, manifest: URL, run: (version: string) => Promise<void>): Promise<void> {
  const { engines, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  try {
    const node = process.versions.node;
    if (isOlder(node, engines.node)) throw new Error(`needs Node ${engines.node}, and this is ${node}`);
    await run(version);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`${name}: ${message.replace(/\s*\n\s*/g, ' ')}`);
    process.exitCode = 2;
  }
}

/** @param range In the form `>=24.18`. */
function isOlder(node: string, range: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = range.replace('>=', '').split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
