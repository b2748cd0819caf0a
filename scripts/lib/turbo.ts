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
  const plain = process.env.NO_COLOR || !process.stdout.isTTY;
  const { status, error } = spawnSync('turbo', [...(plain ? ['--no-color'] : []), ...args], {
    cwd: rootDir,
    stdio: 'inherit',
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
  return status ?? 2;
}

if (import.meta.main) process.exitCode = turbo(process.argv.slice(2));
