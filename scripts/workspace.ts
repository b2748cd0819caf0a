import { join } from 'node:path';

/** The root of the repository. */
export const rootDir: string = join(import.meta.dirname, '..');

/** The folder of the contract. */
export const specDir: string = join(rootDir, 'spec');

/** Redocly's command line. By its path, since the root's own scripts do not find it by name. */
export const redocly: string = join(import.meta.dirname, 'node_modules', '.bin', 'redocly');

/** The environment for Redocly's command line: no usage data is sent, no newer version looked for. */
export const redoclyEnv: NodeJS.ProcessEnv = {
  ...process.env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
};
