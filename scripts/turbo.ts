// `node scripts/turbo.ts run TASK…`: turbo, but without usage data. Everything that runs turbo comes through here.
import { spawnSync } from 'node:child_process';
import { rootDir } from './workspace.ts';

/**
 * Runs turbo at the root of the repository, sending no usage data.
 *
 * @param args A command of turbo with its tasks and flags.
 * @param env Variables to set for turbo, beside those of this process.
 * @returns The exit code.
 */
export function turbo(args: string[], env: NodeJS.ProcessEnv = {}): number {
  const { status, error } = spawnSync('turbo', args, {
    cwd: rootDir,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
  if (error) throw error;
  return status ?? 2;
}

if (import.meta.main) process.exitCode = turbo(process.argv.slice(2));
