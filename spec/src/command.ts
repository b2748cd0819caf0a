import { readFileSync } from 'node:fs';

// This file uses only imports and syntax that an old Node can read too, because it has to report that Node is too old.

/**
 * Runs a published command. Refuses a Node that is older than the package requires. Turns an error into one line on
 * stderr and exit code 2.
 *
 * @param name The name of the command.
 * @param manifest The URL of the package's `package.json`.
 * @param run Does the work. It has to import its modules itself, because an old Node could not read them.
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

/** @param range A range in the form `>=24.18`. */
function isOlder(node: string, range: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = range.replace('>=', '').split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
