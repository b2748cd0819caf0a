import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bash that runs several scripts. Variables, the working folder and background processes stay between them. */
export interface Shell {
  /** Runs a script. Returns its output and the exit status of its last command. */
  run(script: string): Promise<{ status: number; printed: string }>;
  /** Ends the shell and everything that it started. */
  close(): Promise<void>;
}

/**
 * Opens a shell.
 *
 * @param folder Its first working folder.
 * @param scratch A folder for the scripts.
 */
export function openShell(folder: string, scratch: string, env: NodeJS.ProcessEnv): Shell {
  // In its own process group, so that its background processes can be ended with it.
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
        bash.once('close', () => reject(new Error(`the shell ended during a script, after it printed: ${printed}`)));
        onPrinted = () => {
          const [before = '', status] = printed.split(`\n${mark} `);
          if (!status?.endsWith('\n')) return;
          printed = '';
          bash.removeAllListeners('close');
          resolve({ status: Number(status), printed: before });
        };
        writeFileSync(script, code);
        // Sourced from a file, not typed into its input, because a command could read that input.
        bash.stdin.write(`. '${script}' < /dev/null; printf '\\n%s %s\\n' ${mark} $?\n`);
      }),
    close: async () => {
      const closed = once(bash, 'close');
      process.kill(-(bash.pid ?? 0), 'SIGKILL');
      await closed;
    },
  };
}
