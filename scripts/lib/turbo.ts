// `node scripts/lib/turbo.ts run TASK…`: turbo, for the root scripts.
import { spawnSync } from 'node:child_process';
import { rootDir } from './workspace.ts';

/**
 * Runs turbo at the root of the repository, sending no usage data, and in colour on a terminal only. Everything that
 * runs turbo comes through here.
 *
 * @param args A command of turbo with its tasks and flags.
 * @param env Variables to set for turbo, beside those of this process.
 * @returns The exit code.
 */
export function turbo(args: string[], env: NodeJS.ProcessEnv = {}): number {
  return spawnTurbo(args, env, 'inherit').exitCode;
}

/**
 * Like {@link turbo}, but prints nothing.
 *
 * @returns The exit code, and the log that the user should see if it is not 0.
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
      // Turbo's flag is for its own output; Vitest, for one, colours what it writes to a pipe.
      ...(plain && { NO_COLOR: '1', FORCE_COLOR: undefined }),
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
    },
  });
  if (error) throw error;
  return { exitCode: status ?? 2, log: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

if (import.meta.main) process.exitCode = turbo(process.argv.slice(2));
