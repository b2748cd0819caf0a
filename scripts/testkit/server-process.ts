import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { atEnd } from './at-end.ts';

const cli = join(rootDir, 'packages', 'server', 'dist', 'cli.js');

/** Where a server keeps its records: in a folder, or in a PostgreSQL. */
interface ServerStorage {
  data?: string;
  databaseUrl?: string;
}

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  url: string;
  /** Of health and metrics. */
  adminUrl: string;
  pid: number;
  /** Whether it runs still. */
  isAlive(): boolean;
  /** Ends it, by default as gently as `kill -9` does. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts the built command on a free port.
 *
 * @param prefix A command that runs the server's, such as one that limits it.
 * @throws Error with what it printed, where it ends before it is ready.
 */
export async function startProcess(
  { data = '', databaseUrl }: ServerStorage,
  prefix: string[] = [],
): Promise<ServerProcess> {
  const [command = '', ...args] = [
    ...prefix,
    process.execPath,
    cli,
    '--port',
    '0',
    '--admin-port',
    '0',
    '--data',
    data,
  ];
  const { KOODRIVE_DATABASE_URL: _, ...env } = process.env;
  const child = spawn(command, args, {
    env: databaseUrl ? { ...env, KOODRIVE_DATABASE_URL: databaseUrl } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAtEnd = atEnd(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(killAtEnd);
  let output = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ready = new Promise<string[]>((resolve) => {
    // It is read on afterwards: a server whose log nobody reads stops.
    child.stdout.on('data', (chunk) => {
      if (output.length < 1000) output += chunk;
      const urls = output.match(/(?<=(ready|metrics are) at )http\S+(?=\n)/g);
      if (urls?.length === 2) resolve(urls);
    });
  });
  const urls = await Promise.race([ready, exit]);
  if (!Array.isArray(urls)) throw new Error(`the server ended before it was ready: ${output}${stderr}`);

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    child.kill(signal);
    await exit;
  }
  return {
    url: urls[0] ?? '',
    adminUrl: urls[1] ?? '',
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill,
    [Symbol.asyncDispose]: () => kill(),
  };
}
