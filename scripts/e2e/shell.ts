import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bash that goes on from one script to the next: variables, the folder, and what runs in the background stay. */
export interface Shell {
  /** Runs a script, and tells what it printed and how its last command ended. */
  run(script: string): Promise<{ status: number; printed: string }>;
  /** Ends it, with all that it started. */
  close(): Promise<void>;
}

/**
 * Opens a shell.
 *
 * @param folder Where it begins.
 * @param scratch A folder for what it reads.
 */
export function openShell(folder: string, scratch: string, env: NodeJS.ProcessEnv): Shell {
  // A group of its own, so that what runs in its background can be ended with it.
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, detached: true, stdio: 'pipe' });
  const script = join(scratch, 'script.sh');
  let printed = '';
  let onPrinted = (): void => undefined;
  bash.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    onPrinted();
  });
  bash.stdin.write('exec 2>&1\n');
  return {
    run: (code) =>
      new Promise((resolve, reject) => {
        const mark = randomUUID();
        bash.once('close', () => reject(new Error(`the shell has ended: ${printed}`)));
        onPrinted = () => {
          const [before = '', status] = printed.split(`\n${mark} `);
          if (!status?.endsWith('\n')) return;
          printed = '';
          bash.removeAllListeners('close');
          resolve({ status: Number(status), printed: before });
        };
        writeFileSync(script, code);
        // Not from its own input, which a command would read away from under it.
        bash.stdin.write(`. '${script}' < /dev/null; printf '\\n%s %s\\n' ${mark} $?\n`);
      }),
    close: async () => {
      const closed = once(bash, 'close');
      process.kill(-(bash.pid ?? 0), 'SIGKILL');
      await closed;
    },
  };
}
