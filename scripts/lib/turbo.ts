// `node scripts/lib/turbo.ts run TASK…`: turbo, for the root scripts.
import { spawnSync } from 'node:child_process';
import { rootDir } from './workspace.ts';

/**
 * Runs turbo at the root of the repository. Sends no usage data; prints colours on a terminal only. All scripts run
 * turbo through this function.
 *
 * @param args A command of turbo with its tasks and flags.
 * @param env Variables to set for turbo, in addition to those of this process.
 * @returns The exit code.
 */
export function turbo(args: string[], env: NodeJS.ProcessEnv = {}): number {
  return spawnTurbo(args, env, 'inherit').exitCode;
}

/**
 * Like {@link turbo}, but prints nothing.
 *
 * @returns The exit code, and the log to show to the user if the code is not 0.
 */
export function turboQuietly(args: string[]): { exitCode: number; log: string } {
  return spawnTurbo([...args, '--output-logs=errors-only'], {}, 'pipe');
}

function spawnTurbo(
  args: string[],
  env: NodeJS.ProcessEnv,
  output: 'inherit' | 'pipe',
): { exitCode: number; log: string } {
  const plain = process.env.NO_COLOR || !process.stdout.isTTY;
  const { status, stdout, stderr, error } = spawnSync('turbo', [...(plain ? ['--no-color'] : []), ...args], {
    cwd: rootDir,
    stdio: ['inherit', output, output],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      ...env,
      // Turbo's flag covers only turbo's own output; the tasks need variables, because Vitest colours even a pipe.
      ...(plain && { NO_COLOR: '1', FORCE_COLOR: undefined }),
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
    },
  });
  if (error) throw error;
  return { exitCode: status ?? 2, log: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

if (import.meta.main) process.exitCode = turbo(process.argv.slice(2));
