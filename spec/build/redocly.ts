import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Redocly's command line, as arguments for Node. */
export const redoclyCli: string = join(
  fileURLToPath(import.meta.resolve('@redocly/cli/package.json')),
  '..',
  'bin',
  'cli.js',
);

/** The environment for it: it sends no usage data and looks for no newer version. */
export const redoclyEnv: NodeJS.ProcessEnv = {
  ...process.env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
};

/**
 * Runs Redocly's command line.
 *
 * @param args A command of Redocly with its arguments.
 * @param cwd The folder it runs in.
 * @returns Its exit status and what it printed.
 */
export function runRedocly(args: string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [redoclyCli, ...args], {
    cwd,
    env: redoclyEnv,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
}
