import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of Redocly's command-line program, to run with Node. */
export const redoclyCli: string = join(
  fileURLToPath(import.meta.resolve('@redocly/cli/package.json')),
  '..',
  'bin',
  'cli.js',
);

/** The environment for Redocly. With it, Redocly sends no usage data, and does not look for a newer version. */
export const redoclyEnv: NodeJS.ProcessEnv = {
  ...process.env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
};

/**
 * Runs Redocly's command-line program.
 *
 * @param args A command of Redocly with its arguments.
 * @param cwd The folder to run it in.
 * @returns The exit status and the output.
 */
export function runRedocly(args: string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [redoclyCli, ...args], {
    cwd,
    env: redoclyEnv,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
}
