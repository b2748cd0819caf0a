import { inspect } from 'node:util';
import type { OnAnswer } from '@koodrive-backup/spec/front';
import { checkHost, checkPort } from '@koodrive-backup/spec/serving';
import type { ServerLimits } from './limits.ts';
import { type LogLevel, logLevels } from './ops/log-levels.ts';
import type { OnReadiness } from './ops/readiness.ts';
import type { LogOutput } from './ops/stdout.ts';
import {
  checkData,
  checkDatabaseUrl,
  checkKey,
  checkKeyFile,
  checkLimit,
  type StorageOptions,
} from './store/storage-options.ts';

/** The options of `startServer`. */
export interface ServerOptions extends StorageOptions, Partial<ServerLimits> {
  /** TCP port of the API. Default 0: any free port. */
  port?: number;
  /** TCP port for health and metrics. 0 is any free port. Default: none, so neither is served. */
  adminPort?: number;
  /**
   * Name or address to listen on for health and metrics. Default `127.0.0.1`, whatever `host` is: they need no
   * credential.
   */
  adminHost?: string;
  /** Name or address to listen on. Default `127.0.0.1`: this machine only. */
  host?: string;
  /** Destination of the log, such as `process.stdout`: lines of JSON, each with a newline. Default: no log. */
  log?: LogOutput;
  /**
   * Lowest level that is logged: `info` (every answer), `warn` (4xx and 5xx), `error` (5xx), `silent`. Default `info`.
   */
  logLevel?: LogLevel;
  /** Called after each answer. Its errors are logged, and change nothing else. */
  onAnswer?: OnAnswer;
  /**
   * Called when the server becomes unable to create records, and when it is able again. Its errors are logged, and
   * change nothing else.
   */
  onReadiness?: OnReadiness;
  /** The clock, in milliseconds since the Unix epoch; for tests that cannot wait ten minutes. Default `Date.now`. */
  now?: () => number;
}

/** The check of each option. It throws a TypeError that calls the option `name`. */
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
 * Checks options that may come from a program without types.
 *
 * @throws TypeError that names the option.
 */
export function checkOptions(options: ServerOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object, not ${inspect(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    // A misspelled option would leave its default in force, so that another store is used than the one that was meant.
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
 * Checks a level of the log, which comes from a command line or from a program without types.
 *
 * @param name The name of the option as the caller writes it, such as `--log-level`.
 * @throws TypeError with a message for the caller.
 */
function checkLogLevel(name: string, level: unknown): asserts level is LogLevel {
  if (logLevels.includes(level as LogLevel)) return;
  throw new TypeError(`${name} must be one of ${logLevels.join(', ')}, not ${inspect(level)}`);
}
