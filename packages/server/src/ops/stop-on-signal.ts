import type { BackupServer } from '../start-server.ts';
import type { StdoutLog } from './stdout.ts';

/** How long a signal waits for a server that is still starting, in milliseconds. */
const startMs = 8000;

/**
 * Ends the process at SIGINT (Ctrl-C), SIGTERM, or SIGHUP, which it gets if its terminal is closed. The process
 * finishes the requests under way, and exits with status 0. If something hangs, or at a second signal, it ends at once,
 * by the signal itself.
 */
export function stopOnSignal(starting: Promise<BackupServer>, log: StdoutLog): void {
  let isStopping = false;

  async function stop(signal: NodeJS.Signals): Promise<void> {
    // A user who asks twice does not want to wait.
    if (isStopping) endAtOnce(signal);
    isStopping = true;
    const starts = setTimeout(endAtOnce, startMs, signal);
    // If the server cannot start, the command reports that.
    const server = await starting.catch(() => undefined);
    clearTimeout(starts);
    if (!server) return;
    const isClosed = await server.close().then(
      () => true,
      () => false,
    );
    const isLogged = await log.end();
    if (isClosed && isLogged) process.exit(0);
    endAtOnce(signal);
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/**
 * Ends this process by a signal, because `process.exit` waits for every thread, and a thread that waits for a disk that
 * hangs does not end.
 */
function endAtOnce(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container does not end by a signal that it sends itself.
  process.exit(1);
}
