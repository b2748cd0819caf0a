import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Options for a process. */
export interface ProcessOptions {
  /** Its working folder. */
  cwd: string;
  /** Variables in addition to those of this process. */
  env?: NodeJS.ProcessEnv;
  /** Kills the process when it aborts. */
  signal: AbortSignal;
}

/** A running process. */
export interface Running {
  output: NodeJS.ReadableStream;
  /** Kills the process. Resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when the process has ended, with any exit code. Rejects if it could not be started. */
  ended: Promise<void>;
}

/** Starts a process. It has no input, and its stderr is discarded. */
export function startProcess(command: string, args: string[], { cwd, env, signal }: ProcessOptions): Running {
  signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  }).finally(() => signal.removeEventListener('abort', kill));
  // A caller may ignore `ended`, so its rejection must not count as unhandled.
  ended.catch(() => undefined);
  return {
    output: child.stdout,
    ended,
    stop() {
      kill();
      return ended;
    },
  };
}

/**
 * Runs a process until it ends, with any exit code, and returns its whole output.
 *
 * @throws Error if it cannot be started, or the signal killed it.
 */
export async function runProcess(command: string, args: string[], options: ProcessOptions): Promise<string> {
  const { output, ended } = startProcess(command, args, options);
  const [written] = await Promise.all([text(output), ended]);
  options.signal.throwIfAborted();
  return written;
}
