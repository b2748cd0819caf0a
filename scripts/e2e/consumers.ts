import { join } from 'node:path';

/** Where the runtimes and compilers are that are not in the workspace: `global-setup.ts` installs them. */
export const consumers: string = join(import.meta.dirname, 'consumers');

/** Whether this machine can run them: their packages hold programs for Linux on x64 only. */
export const hasConsumers: boolean = process.platform === 'linux' && process.arch === 'x64';

/** The path of something that is installed there. */
export const inConsumers = (...path: string[]): string => join(consumers, 'node_modules', ...path);
