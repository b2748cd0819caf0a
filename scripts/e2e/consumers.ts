import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { link } from '@koodrive-backup/lib/pack';

/**
 * The folder of the consumers: runtimes, compilers and libraries that the client is tested with, and that are not in
 * the workspace. `global-setup.ts` installs them.
 */
export const consumers: string = join(import.meta.dirname, 'consumers');

/** Whether this machine can run the consumers: their packages have programs for Linux on x64 only. */
export const hasConsumers: boolean = process.platform === 'linux' && process.arch === 'x64';

/** Returns the path of a file in the `node_modules` of the consumers. */
export const inConsumers = (...path: string[]): string => join(consumers, 'node_modules', ...path);

/** The names of the packages that are installed for the consumers. */
export const consumerPackages: string[] = packagesOf(consumers);

/**
 * Links packages into a folder, so that programs there can import everything that the end-to-end tests can import, and
 * the packages of the consumers.
 *
 * @param folder The folder of the programs. It has no `node_modules` yet.
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
