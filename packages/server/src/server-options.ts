import { inspect } from 'node:util';
import type { OnAnswer } from '@koodrive-backup/spec/front';
import { checkHost, checkPort } from '@koodrive-backup/spec/serving';
import type { ServerLimits } from './limits.ts';
import { type LogLevel, logLevels } from './ops/log.ts';
import type { OnReadiness } from './ops/readiness.ts';
import type { LogOutput } from './ops/stdout.ts';
import {
  checkData,
  checkDatabaseUrl,
  checkKey,
  checkKeyFile,
  checkLimit,
  type StorageOptions,
} from './store/open-store.ts';

/** How a server is started. */
export interface ServerOptions extends StorageOptions, Partial<ServerLimits> {
  /** TCP port of the API. Default 0: any free port. */
  port?: number;
  /** TCP port for health and metrics; without it there is none. 0 is any free port. */
  adminPort?: number;
  /** Name or address to listen on for health and metrics. Default `127.0.0.1`, whatever `host` is: they need no credential. */
  adminHost?: string;
  /** Name or address to listen on. Default `127.0.0.1`: this machine only. */
  host?: string;
  /** Takes the lines of the log, such as `process.stdout`: JSON, each with its end. Default: no log. */
  log?: LogOutput;
  /** The least that is logged: `info` (every answer), `warn` (4xx and 5xx), `error` (5xx), `silent`. Default `info`. */
  logLevel?: LogLevel;
  /** Is told of each answer. */
  onAnswer?: OnAnswer;
  /** Is told when the server can no longer keep what it is sent, and when it can again. */
  onReadiness?: OnReadiness;
  /** The clock, in milliseconds since the Unix epoch; for tests that cannot wait ten minutes. Default `Date.now`. */
  now?: () => number;
}

/** What each option must be. Each throws a TypeError that calls the option by the name it is given. */
export const checks: { [Name in keyof Required<ServerOptions>]: (name: string, value: unknown) => void } = {
  port: checkPort,
  adminPort: checkPort,
  adminHost: checkHost,
  log: checkOutput,
  logLevel: checkLogLevel,
  anonymousLogLines: checkLimit,
  host: checkHost,
  maxConnections: checkLimit,
  maxBytesInFlight: checkLimit,
  writeTimeoutMs: checkLimit,
  maxQueued: checkLimit,
  storeTimeoutMs: checkLimit,
  databaseConnections: checkLimit,
  maxDevicesPerUser: checkLimit,
  data: checkData,
  databaseUrl: checkDatabaseUrl,
  keyFile: checkKeyFile,
  key: checkKey,
  onAnswer: checkFunction,
  onReadiness: checkFunction,
  now: checkFunction,
};

/**
 * Checks the options of a program, which may have no types.
 *
 * @throws TypeError that names the option.
 */
export function checkOptions(options: ServerOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object, not ${inspect(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    // One that is misspelled would leave its default in force, such as another store than the one that is meant.
    if (!Object.hasOwn(checks, name)) throw new TypeError(`there is no option ${name}`);
    if (value !== undefined) checks[name as keyof ServerOptions](name, value);
  }
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function, not ${inspect(value)}`);
}

function checkOutput(name: string, value: unknown): void {
  if (typeof (value as LogOutput | null)?.write === 'function') return;
  throw new TypeError(`${name} must have a method write, as process.stdout has`);
}

/**
 * Checks a level of the log, given by the command's user or by a program without types.
 *
 * @param name As whoever gave it writes it, such as `--log-level`.
 * @throws TypeError with a message for them.
 */
function checkLogLevel(name: string, level: unknown): asserts level is LogLevel {
  if (logLevels.includes(level as LogLevel)) return;
  throw new TypeError(`${name} must be one of ${logLevels.join(', ')}, not ${inspect(level)}`);
}
