import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const peers = join(import.meta.dirname, 'peers');
const { dependencies } = JSON.parse(readFileSync(join(peers, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Where a package of the workspace is installed. */
export const installed = (name: string): string => join(import.meta.dirname, '..', 'node_modules', name);

/** Where a package of `peers/` is, once it is installed. */
export const peer = (name: string): string => join(peers, 'node_modules', name);

/** The version of a package, installed or one of `peers/`, which need not be installed to be named. */
export function versionOf(name: string): string {
  return dependencies[name] ?? JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8')).version;
}
