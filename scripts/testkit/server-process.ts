import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { atEnd } from './at-end.ts';

const cli = join(rootDir, 'packages', 'server', 'dist', 'cli.js');

/** Where a server keeps its records: in a folder, or in PostgreSQL if `databaseUrl` is set. */
interface ServerStorage {
  data?: string;
  databaseUrl?: string;
}

/** The exit code of a server's process, and what it printed after its URLs. */
interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A server in its own process. */
export interface ServerProcess extends AsyncDisposable {
  url: string;
  /** URL of health and metrics. */
  adminUrl: string;
  pid: number;
  /** Whether the process still runs. */
  isAlive(): boolean;
  /** Sends a signal and waits until the process has ended. Default: SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<Ended>;
}

const bothUrls = /^koodrive-server is ready at (\S+)\nhealth and metrics are at (\S+)\n/;

/** How much output is kept: more than any test reads, less than a long run logs. */
const keptCharacters = 1_000_000;

/**
 * Starts the built `koodrive-server` on free ports.
 *
 * @param nodeArgs Options for Node.
 * @throws Error with the output of the process if it ends before the server is ready.
 */
export async function startProcess(
  { data = '', databaseUrl }: ServerStorage,
  nodeArgs: string[] = [],
): Promise<ServerProcess> {
  const args = [...nodeArgs, cli, '--port', '0', '--admin-port', '0', '--data', data];
  const { KOODRIVE_DATABASE_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    env: databaseUrl ? { ...env, KOODRIVE_DATABASE_URL: databaseUrl } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAtEnd = atEnd(() => child.kill('SIGKILL'));
  const printed = { stdout: '', stderr: '' };
  const ended = once(child, 'close').then(([code]): Ended => {
    killAtEnd();
    return { code, stdout: printed.stdout.replace(bothUrls, ''), stderr: printed.stderr };
  });
  const ready = new Promise<[url: string, adminUrl: string]>((resolve) => {
    let isReady = false;
    // Keep reading when the server is ready: it stops if its output fills the pipe.
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk) => {
        if (printed[name].length < keptCharacters) printed[name] += chunk;
        const [, url, adminUrl] = (!isReady && bothUrls.exec(printed.stdout)) || [];
        if (!url || !adminUrl) return;
        isReady = true;
        resolve([url, adminUrl]);
      });
    }
  });
  const urls = await Promise.race([ready, ended]);
  if (!Array.isArray(urls)) throw new Error(`the server ended before it was ready: ${urls.stdout}${urls.stderr}`);

  function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended> {
    child.kill(signal);
    return ended;
  }
  return {
    url: urls[0],
    adminUrl: urls[1],
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
    },
  };
}
