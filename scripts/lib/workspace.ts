import { join } from 'node:path';

/** The root of the repository. */
export const rootDir: string = join(import.meta.dirname, '..', '..');

/** The folder of the contract. */
export const specDir: string = join(rootDir, 'spec');
