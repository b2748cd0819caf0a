import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import { checkCredentialName } from './auth/credentials.ts';
import { parseExpiry } from './auth/expiry.ts';
import { defaultServerLimits as limits, type ServerLimits } from './limits.ts';
import { logLevels } from './ops/log.ts';
import { checks, type ServerOptions } from './server-options.ts';

/** A command, named by the words that ask for it. */
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

/** What a command does, and what it does that to. */
interface Command {
  /** What stands behind it: nothing, one id or more, or one file. */
  operands: '' | '<id>' | '<file>';
  summary: string;
}

/** What the command can do. */
export const commands: Record<CommandName, Command> = {
  serve: { operands: '', summary: 'serve the API until Ctrl-C' },
  'token issue': { operands: '', summary: 'issue an access token, and print it once' },
  'token list': { operands: '', summary: 'print the tokens, without what is secret' },
  'token revoke': { operands: '<id>', summary: 'end tokens, by the ids that are listed' },
  'app issue': { operands: '', summary: 'issue an app id and an app secret, and print them once' },
  'app list': { operands: '', summary: 'print the apps, without what is secret' },
  'app revoke': { operands: '<id>', summary: 'end apps, by their app ids' },
  'rotate-key': { operands: '', summary: 'replace the key, also while servers run' },
  backup: { operands: '<file>', summary: 'write a copy of the SQLite database, also while a server runs' },
  verify: { operands: '<file>', summary: 'check a copy: its pages, its version and its key' },
  restore: { operands: '<file>', summary: 'put a copy in the place of the database; the old one is kept' },
};

/** The values of options: those that are given or have a default, and that the command takes. */
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

/** The name of an option. The key itself is none: it is given by a variable only, because others can read arguments. */
type OptionName = Exclude<keyof OptionValues, 'key'>;

/** An option of the command: all that its parser, `--help` and the README say of it. */
export interface CommandOption<Value> {
  /** What stands for its value in `--help`; without it the option is a flag. */
  placeholder?: string;
  /** What holds where it is not given. */
  default?: Value;
  description: string;
  commands: readonly CommandName[];
  /**
   * Reads its value.
   *
   * @param name The option or the variable that it was given by.
   * @throws Error that calls it by that name.
   */
  parse: (name: string, text: string) => Value;
}

const allCommands = Object.keys(commands) as CommandName[];
const issuing: CommandName[] = ['token issue', 'app issue'];
const listing: CommandName[] = ['token list', 'app list'];
const serving: CommandName[] = ['serve'];

/**
 * Every option, by the name that {@link ServerOptions} has for it. `--help`, the parser, the variables of the
 * environment and the table in the README are made from it.
 */
export const commandOptions: { [Name in OptionName]-?: CommandOption<NonNullable<OptionValues[Name]>> } = {
  port: number('port', 4020, 'TCP port of the API; 0 takes any free one'),
  host: {
    placeholder: '<host>',
    default: '127.0.0.1',
    description: 'name or address to listen on. There is no TLS: put a proxy that has it in front',
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
    description: 'name or address on which the admin port listens, whatever `--host` is',
    commands: serving,
    parse: text('adminHost'),
  },
  logLevel: {
    placeholder: '<level>',
    default: 'info',
    description: `the least that is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}`,
    commands: serving,
    parse: oneOf(logLevels),
  },
  maxConnections: number(
    'maxConnections',
    limits.maxConnections,
    'connections at once. Beyond, the one that has waited longest for its client is closed',
  ),
  maxBytesInFlight: number(
    'maxBytesInFlight',
    limits.maxBytesInFlight,
    'bytes of bodies and answers in memory. Beyond, the request that has waited longest for its client is given up',
  ),
  writeTimeoutMs: number(
    'writeTimeoutMs',
    limits.writeTimeoutMs,
    'milliseconds for which a client may leave its answer unread',
  ),
  maxQueued: number(
    'maxQueued',
    limits.maxQueued,
    'reads that may wait for the store, and changes; beyond, the answer is 503',
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
    description: 'the user whom the credential is for; of a list, whose credentials are printed',
    commands: [...issuing, ...listing],
    parse: parseUser,
  },
  name: {
    placeholder: '<text>',
    description: 'what the list calls the credential',
    commands: issuing,
    parse(name, text) {
      checkCredentialName(name, text);
      return text;
    },
  },
  expires: {
    placeholder: '<time>',
    description: 'when the credential ends, used or not: after `90m`, `12h` or `30d`, or at `2027-01-31T12:00:00Z`',
    commands: issuing,
    parse: parseExpiry,
  },
  json: {
    description: 'print a JSON array',
    commands: listing,
    parse: parseFlag,
  },
  prepare: {
    description: 'only add the next key to the key file, to be copied to other machines first',
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
    description: 'a PostgreSQL database instead of SQLite, `postgres://…`',
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

/** The option as it is typed: `--admin-port` of `adminPort`. */
export const flagOf = (name: string): string => `--${kebab(name)}`;

/** The variable that is the same as an option: `KOODRIVE_ADMIN_PORT` of `adminPort`. */
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
      // What is no number stays as it is, for the check to name.
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

/** A flag has no value on the command line, where it is `true`. */
function parseFlag(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error(`${name} must be true or false`);
  return text === 'true';
}
