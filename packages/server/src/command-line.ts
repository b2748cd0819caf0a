import { parseArgs } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { checkHost, checkPort, typedPort } from '@koodrive-backup/spec/serving';
import { isUserId } from '@koodrive-backup/spec/user-id';
import type { LogLevel } from './ops/log.ts';
import { checkLogLevel } from './server-options.ts';
import { checkData, checkDatabaseUrl } from './store/open-store.ts';

/** What `koodrive-server --help` prints. */
export const usage = `Usage: koodrive-server [options]                     serve the API until Ctrl-C
       koodrive-server token --user <id> [options]   issue an access token, and print it once
       koodrive-server app --user <id> [options]     issue an app id and an app secret, and print them once

A reference provider of the KooDrive Backup API. Unofficial.

To serve:
  --port <number>         TCP port of the API; 0 takes any free one (default 4020)
  --host <host>           name or address to listen on (default 127.0.0.1: this machine only)
  --admin-port <number>   TCP port of /healthz, /readyz and /metrics (default: none)
  --admin-host <host>     name or address on which it is open (default 127.0.0.1, whatever --host is)
  --log-level <level>     info (every answer), warn (4xx and 5xx), error (5xx) or silent (default info)

To issue:
  --user <id>             the user whom the credential is for

Always:
  --data <folder>         folder of the SQLite database and the key file (default ./koodrive-data)
  --database-url <url>    a PostgreSQL database instead of SQLite; the environment's KOODRIVE_DATABASE_URL is the same
  --version               print the version
  -h, --help              print this

Exit status: 0 ended by Ctrl-C or SIGTERM, or a credential was issued; 2 could not start.`;

interface Storage {
  data: string;
  databaseUrl: string | undefined;
}

/** A server that is asked for. */
export interface Serve extends Storage {
  command: 'serve';
  host: string;
  port: number;
  adminHost: string;
  adminPort: number | undefined;
  logLevel: LogLevel;
}

/** A credential that is asked for. */
export interface Issue extends Storage {
  command: 'token' | 'app';
  user: string;
}

/** What the user asked for. */
export type CommandLine = { command: 'help' } | { command: 'version' } | Serve | Issue;

/**
 * Reads the arguments of `koodrive-server`.
 *
 * @param env The environment: a URL with a password is better kept out of the list of processes.
 * @throws Error with a message for the user where they are not understood.
 */
export function parseCommandLine(args: string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    // None has its default here, so that what is there was given.
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      host: { type: 'string' },
      port: { type: 'string' },
      'admin-port': { type: 'string' },
      'admin-host': { type: 'string' },
      'log-level': { type: 'string' },
      data: { type: 'string' },
      'database-url': { type: 'string' },
      user: { type: 'string' },
    },
  });
  if (values.help) return { command: 'help' };
  if (values.version) return { command: 'version' };
  const command = parseCommand(positionals);
  refuseOptionsOfOthers(command, Object.keys(values));

  const { data = './koodrive-data' } = values;
  checkData('--data', data);
  const databaseUrl = parseDatabaseUrl(values['database-url'], env);
  if (command !== 'serve') return { command, data, databaseUrl, user: parseUser(values.user) };

  const { host = '127.0.0.1', port = '4020', 'admin-port': adminPort } = values;
  const { 'admin-host': adminHost = '127.0.0.1', 'log-level': logLevel = 'info' } = values;
  checkHost('--host', host);
  checkHost('--admin-host', adminHost);
  checkLogLevel('--log-level', logLevel);
  return {
    command,
    data,
    databaseUrl,
    host,
    adminHost,
    logLevel,
    port: parsePort('--port', port),
    adminPort: adminPort === undefined ? undefined : parsePort('--admin-port', adminPort),
  };
}

function parseCommand([command, ...more]: string[]): (Serve | Issue)['command'] {
  if (command === undefined) return 'serve';
  if ((command === 'token' || command === 'app') && more.length === 0) return command;
  throw new Error(`there is no command ${[command, ...more].join(' ')}: see --help`);
}

const toServe = new Set(['host', 'port', 'admin-port', 'admin-host', 'log-level']);
const toIssue = new Set(['user']);

/** An option that counts for nothing here was meant for something: better to say so than to do something else. */
function refuseOptionsOfOthers(command: (Serve | Issue)['command'], given: string[]): void {
  for (const name of given) {
    if (command !== 'serve' && toServe.has(name)) {
      throw new Error(`--${name} is for serving, which is koodrive-server without the command ${command}`);
    }
    if (command === 'serve' && toIssue.has(name)) {
      throw new Error(`--${name} is for the commands token and app: koodrive-server token --${name} …`);
    }
  }
}

function parseDatabaseUrl(
  given: string | undefined,
  { KOODRIVE_DATABASE_URL = '' }: NodeJS.ProcessEnv,
): string | undefined {
  if (given !== undefined) checkDatabaseUrl('--database-url', given);
  // A variable that is empty counts as none, as it does in files of variables that are left blank.
  else if (KOODRIVE_DATABASE_URL !== '') checkDatabaseUrl('KOODRIVE_DATABASE_URL', KOODRIVE_DATABASE_URL);
  return given ?? (KOODRIVE_DATABASE_URL || undefined);
}

function parsePort(name: string, text: string): number {
  const port = typedPort(text);
  checkPort(name, port);
  return port;
}

function parseUser(user = ''): string {
  if (!isUserId(contract, user)) throw new Error('--user must be an id of visible ASCII without spaces');
  return user;
}
