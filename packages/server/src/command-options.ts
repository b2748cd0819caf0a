import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import { checkCredentialName } from './auth/credentials.ts';
import { parseExpiry } from './auth/expiry.ts';
import { defaultServerLimits as limits, type ServerLimits } from './limits.ts';
import { logLevels } from './ops/log-levels.ts';
import { checks, type ServerOptions } from './server-options.ts';

/** The name of a command: the words that the user types. `serve` is the one without words. */
export type CommandName =
  | 'serve'
  | 'token issue'
  | 'token list'
  | 'token revoke'
  | 'app issue'
  | 'app list'
  | 'app revoke'
  | 'rotate-key'
  | 'backup'
  | 'verify'
  | 'restore';

/** A command, as `--help` explains it. */
interface Command {
  /** The words after the command: none, one id or more, or one file. */
  operands: '' | '<id>' | '<file>';
  summary: string;
}

/** The commands of `koodrive-server`. */
export const commands: Record<CommandName, Command> = {
  serve: { operands: '', summary: 'serve the API until Ctrl-C' },
  'token issue': { operands: '', summary: 'issue an access token, and print it once' },
  'token list': { operands: '', summary: 'print the tokens, without secrets' },
  'token revoke': { operands: '<id>', summary: 'end tokens, by the ids that token list prints' },
  'app issue': { operands: '', summary: 'issue an app id and an app secret, and print them once' },
  'app list': { operands: '', summary: 'print the apps, without secrets' },
  'app revoke': { operands: '<id>', summary: 'end apps, by the ids that app list prints' },
  'rotate-key': { operands: '', summary: 'replace the key, even while servers run' },
  backup: { operands: '<file>', summary: 'write a copy of the SQLite database, even while a server runs' },
  verify: { operands: '<file>', summary: 'check a copy: its pages, its version and its key' },
  restore: { operands: '<file>', summary: 'replace the database by a copy; the old database is kept' },
};

/** The values of the options that a command accepts, and that the user gave or that have a default. */
export interface OptionValues
  extends Pick<
    ServerOptions,
    | 'port'
    | 'host'
    | 'adminPort'
    | 'adminHost'
    | 'logLevel'
    | keyof ServerLimits
    | 'data'
    | 'databaseUrl'
    | 'keyFile'
    | 'key'
  > {
  user?: string;
  name?: string;
  /** In milliseconds since the Unix epoch. */
  expires?: number;
  json?: boolean;
  prepare?: boolean;
}

/**
 * The name of an option. The key is not an option: only a variable gives it, because other users can read arguments.
 */
type OptionName = Exclude<keyof OptionValues, 'key'>;

/** An option of the command: all that its parser, `--help` and the README need. */
export interface CommandOption<Value> {
  /** The placeholder of its value in `--help`. An option without one is a flag. */
  placeholder?: string;
  /** The value if the option is not given. */
  default?: Value;
  description: string;
  commands: readonly CommandName[];
  /**
   * Parses its value.
   *
   * @param name The option or the variable that gave the value.
   * @throws Error that calls the option by that name.
   */
  parse: (name: string, text: string) => Value;
}

const allCommands = Object.keys(commands) as CommandName[];
const issuing: CommandName[] = ['token issue', 'app issue'];
const listing: CommandName[] = ['token list', 'app list'];
const serving: CommandName[] = ['serve'];

/**
 * Every option, by its name in {@link ServerOptions}. `--help`, the parser, the environment variables and the table in
 * the README are derived from this table.
 */
export const commandOptions: { [Name in OptionName]-?: CommandOption<NonNullable<OptionValues[Name]>> } = {
  port: number('port', 4020, 'TCP port of the API; 0 is any free port'),
  host: {
    placeholder: '<host>',
    default: '127.0.0.1',
    description: 'name or address to listen on. The server has no TLS: put a proxy with TLS in front',
    commands: serving,
    parse: text('host'),
  },
  adminPort: number(
    'adminPort',
    undefined,
    'TCP port of `/healthz`, `/readyz` and `/metrics`. It asks for no credential',
  ),
  adminHost: {
    placeholder: '<host>',
    default: '127.0.0.1',
    description: 'name or address to listen on for the admin port, whatever `--host` is',
    commands: serving,
    parse: text('adminHost'),
  },
  logLevel: {
    placeholder: '<level>',
    default: 'info',
    description: `lowest level that is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}`,
    commands: serving,
    parse: oneOf(logLevels),
  },
  maxConnections: number(
    'maxConnections',
    limits.maxConnections,
    'open connections. If there are more, the one that has waited longest for its client is closed',
  ),
  maxBytesInFlight: number(
    'maxBytesInFlight',
    limits.maxBytesInFlight,
    'bytes of bodies and answers in memory. If there are more, the request that has waited longest for its client is given up',
  ),
  writeTimeoutMs: number(
    'writeTimeoutMs',
    limits.writeTimeoutMs,
    'milliseconds for which a client may leave its answer unread; then its connection is closed',
  ),
  maxQueued: number(
    'maxQueued',
    limits.maxQueued,
    'reads that may wait for the store, and as many changes. If more wait, the answer is 503',
  ),
  storeTimeoutMs: number(
    'storeTimeoutMs',
    limits.storeTimeoutMs,
    'milliseconds that the store may take; then the answer is 503',
  ),
  databaseConnections: number('databaseConnections', limits.databaseConnections, 'connections to PostgreSQL'),
  maxDevicesPerUser: number('maxDevicesPerUser', limits.maxDevicesPerUser, 'devices that one user may bind'),
  anonymousLogLines: number(
    'anonymousLogLines',
    limits.anonymousLogLines,
    'log lines in ten seconds for requests without a valid credential; the others are counted',
  ),
  user: {
    placeholder: '<id>',
    description: 'the user of the credential; for a list, the user whose credentials are printed',
    commands: [...issuing, ...listing],
    parse: parseUser,
  },
  name: {
    placeholder: '<text>',
    description: 'name of the credential in lists',
    commands: issuing,
    parse(name, text) {
      checkCredentialName(name, text);
      return text;
    },
  },
  expires: {
    placeholder: '<time>',
    description:
      'when the credential ends, even if it is in use: after `90m`, `12h` or `30d`, or at `2027-01-31T12:00:00Z`',
    commands: issuing,
    parse: parseExpiry,
  },
  json: {
    description: 'print a JSON array',
    commands: listing,
    parse: parseFlag,
  },
  prepare: {
    description: 'only add the next key to the key file, so that the file can be copied to other machines first',
    commands: ['rotate-key'],
    parse: parseFlag,
  },
  data: {
    placeholder: '<folder>',
    default: './koodrive-data',
    description: 'folder of the SQLite database and the key file',
    commands: allCommands,
    parse: text('data'),
  },
  databaseUrl: {
    placeholder: '<url>',
    description: 'URL of a PostgreSQL database, which is used instead of SQLite: `postgres://…`',
    commands: allCommands,
    parse: text('databaseUrl'),
  },
  keyFile: {
    placeholder: '<file>',
    description: 'the key file, if it is not `key` in the data folder',
    commands: allCommands,
    parse: text('keyFile'),
  },
};

/** Returns an option as the user types it: `--admin-port` for `adminPort`. */
export const flagOf = (name: string): string => `--${kebab(name)}`;

/** Returns the environment variable of an option: `KOODRIVE_ADMIN_PORT` for `adminPort`. */
export const variableOf = (name: string): string => `KOODRIVE_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function number(
  option: keyof ServerOptions,
  byDefault: number | undefined,
  description: string,
): CommandOption<number> {
  return {
    placeholder: '<number>',
    ...(byDefault !== undefined && { default: byDefault }),
    description,
    commands: serving,
    parse(name, typed) {
      // A text that is not a number stays as it is, so that the message of the check can quote it.
      const value = /^\d+$/.test(typed) ? Number(typed) : typed;
      checks[option](name, value);
      return value as number;
    },
  };
}

function text(option: keyof ServerOptions): (name: string, text: string) => string {
  return (name, typed) => {
    checks[option](name, typed);
    return typed;
  };
}

function oneOf<Values extends readonly string[]>(values: Values): (name: string, text: string) => Values[number] {
  return (name, typed) => {
    const value = values.find((one) => one === typed);
    if (value === undefined) throw new Error(`${name} must be one of ${values.join(', ')}`);
    return value;
  };
}

function parseUser(name: string, user: string): string {
  if (!isUserId(contract, user)) throw new Error(`${name} must be an id of visible ASCII without spaces`);
  return user;
}

/** Parses a flag: a variable has a value, and on the command line a flag is always `true`. */
function parseFlag(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error(`${name} must be true or false`);
  return text === 'true';
}
