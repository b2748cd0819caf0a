import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a process is run. */
export interface ProcessOptions {
  /** Its folder. */
  cwd: string;
  /** Variables beside those of this process. */
  env?: NodeJS.ProcessEnv;
  /** Kills it. */
  signal: AbortSignal;
}

/** A process that runs. */
export interface Running {
  output: NodeJS.ReadableStream;
  /** Kills it, and is there when it is gone. */
  stop(): Promise<void>;
  /** Is there when it is gone, whichever exit code it had. */
  ended: Promise<void>;
}

/** Starts a process, of which only the output is read. */
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
  // Whoever waits for the end is told; nobody has to.
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
 * Runs a process to its end, whichever exit code it has, and gives all that it wrote to its output.
 *
 * @throws Error where it cannot be started, or was killed by the signal.
 */
export async function runProcess(command: string, args: string[], options: ProcessOptions): Promise<string> {
  const { output, ended } = startProcess(command, args, options);
  const [written] = await Promise.all([text(output), ended]);
  options.signal.throwIfAborted();
  return written;
}
