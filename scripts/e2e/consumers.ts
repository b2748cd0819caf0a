import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { link } from '@koodrive-backup/lib/pack';

/** Where the runtimes, compilers and libraries are that are not in the workspace: `global-setup.ts` installs them. */
export const consumers: string = join(import.meta.dirname, 'consumers');

/** Whether this machine can run them: their packages hold programs for Linux on x64 only. */
export const hasConsumers: boolean = process.platform === 'linux' && process.arch === 'x64';

/** The path of something that is installed there. */
export const inConsumers = (...path: string[]): string => join(consumers, 'node_modules', ...path);

/** The packages that are installed there, by their names. */
export const consumerPackages: string[] = packagesOf(consumers);

/**
 * Lets programs in a folder import what the end-to-end tests import, and what is installed for consumers.
 *
 * @param folder Where they are. It has no `node_modules` yet.
 */
export function linkPackages(folder: string): void {
  const modules = join(import.meta.dirname, 'node_modules');
  for (const name of ['.bin', ...packagesOf(import.meta.dirname)]) {
    link(join(modules, name), join(folder, 'node_modules', name));
  }
  if (!hasConsumers) return;
  for (const name of consumerPackages) link(inConsumers(name), join(folder, 'node_modules', name));
}

function packagesOf(folder: string): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Partial<Record<'dependencies' | 'devDependencies', Record<string, string>>>;
  return Object.keys({ ...dependencies, ...devDependencies });
}
