import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const peers = join(import.meta.dirname, 'peers');
const { dependencies } = JSON.parse(readFileSync(join(peers, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Returns the folder of an installed package of the workspace. */
export const installed = (name: string): string => join(import.meta.dirname, '..', 'node_modules', name);

/** Returns the folder of a package of `peers/`. The folder exists only after an installation. */
export const peer = (name: string): string => join(peers, 'node_modules', name);

/** Returns the version of an installed package, or of a package of `peers/`, even if that is not installed. */
export function versionOf(name: string): string {
  return dependencies[name] ?? JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8')).version;
}
