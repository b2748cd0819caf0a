import { parseArgs } from 'node:util';
import { isUserId } from './credentials.ts';

/** What `koodrive-server --help` prints. */
export const usage = `Usage: koodrive-server [options]                     serve the API until Ctrl-C
       koodrive-server token --user <id> [options]   issue an access token, and print it once
       koodrive-server app --user <id> [options]     issue an app id and an app secret, and print them once

A reference provider of the KooDrive Backup API. Unofficial.

  --port <number>         TCP port of the API; 0 takes any free one (default 4020)
  --host <host>           name or address to listen on (default 127.0.0.1: this machine only)
  --admin-port <number>   TCP port of /healthz, /readyz and /metrics (default: none)
  --data <folder>         folder of the SQLite database and the key file (default ./koodrive-data)
  --database-url <url>    a PostgreSQL database instead of SQLite; the environment's KOODRIVE_DATABASE_URL is the same
  --user <id>             the user whom a credential is for
  --version               print the version
  -h, --help              print this

Exit status: 0 ended by Ctrl-C or SIGTERM, or a credential was issued; 2 could not start.`;

/** What the user asked for. */
export interface CommandLine {
  command: 'serve' | 'token' | 'app';
  help: boolean;
  version: boolean;
  host: string;
  port: number;
  adminPort: number | undefined;
  data: string;
  databaseUrl: string | undefined;
  /** Empty where the command needs none. */
  user: string;
}

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
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4020' },
      'admin-port': { type: 'string' },
      data: { type: 'string', default: './koodrive-data' },
      'database-url': { type: 'string', default: env.KOODRIVE_DATABASE_URL ?? '' },
      user: { type: 'string' },
    },
  });
  const { 'admin-port': adminPort, data, 'database-url': databaseUrl, help, host, port, user, version } = values;
  const command = parseCommand(positionals);
  // Node takes an empty host for every interface of the machine.
  if (host === '') throw new Error('--host must not be empty');
  if (data === '') throw new Error('--data must not be empty');
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new Error('--database-url must start with postgres:// or postgresql://');
  }
  return {
    command,
    help,
    version,
    host,
    port: parsePort('--port', port),
    adminPort: adminPort === undefined ? undefined : parsePort('--admin-port', adminPort),
    data,
    databaseUrl: databaseUrl || undefined,
    user: command === 'serve' || help || version ? '' : parseUser(user),
  };
}

function parseCommand([command, ...more]: string[]): CommandLine['command'] {
  if (command === undefined) return 'serve';
  if ((command === 'token' || command === 'app') && more.length === 0) return command;
  throw new Error(`there is no command ${[command, ...more].join(' ')}: see --help`);
}

function parsePort(name: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`${name} must be a number from 0 to 65535, not ${text || 'empty'}`);
  return port;
}

function parseUser(user = ''): string {
  if (!isUserId(user)) throw new Error('--user must be an id of visible ASCII without spaces');
  return user;
}
