import type { OnAnswer } from '@koodrive-backup/spec/front';
import { pino } from 'pino';
import type { LogLevel } from './log-levels.ts';
import type { OnReadiness } from './readiness.ts';
import type { LogOutput } from './stdout.ts';

/** The options of a log. */
export interface LogOptions {
  output: LogOutput;
  level: LogLevel;
  /** The most lines in ten seconds for requests without a valid credential. */
  anonymousLines: number;
  /** The clock, in milliseconds since the Unix epoch. */
  now: () => number;
  /** Called for each line that is left out because of `anonymousLines`. */
  onLeftOut: () => void;
}

/** The log of a server: lines of JSON, each of a bounded length, none with a credential or a body. */
export interface Log {
  /** Logs an answer. */
  answered: OnAnswer;
  /** Logs that the server is not ready, and why, or that it is ready again. */
  readinessChanged: OnReadiness;
  /** Logs that a function of the application failed. */
  hookFailed(name: string, error: unknown): void;
  /** Logs how many lines were left out since the last report. */
  reportLeftOut(): void;
}

/** The time for which lines are counted, in milliseconds. */
const windowMs = 10_000;

/**
 * Creates the log of a server.
 *
 * Anyone can send requests without a valid credential, as many as they like. So that they cannot fill the disk, only
 * the first such answers in every ten seconds get a line each, and the others are counted.
 */
export function createLog({ output, level, anonymousLines, now, onLeftOut }: LogOptions): Log {
  const log = pino({ base: null, level }, { write: (line) => writeTo(output, line) });
  let windowBegin = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;

  function hasRoom(): boolean {
    const time = now();
    // A clock that was set back begins a new window, too. Otherwise the old one could last for years.
    if (time < windowBegin || time >= windowBegin + windowMs) {
      reportLeftOut();
      windowBegin = time;
      written = 0;
    }
    if (written < anonymousLines) {
      written += 1;
      return true;
    }
    leftOut += 1;
    onLeftOut();
    return false;
  }

  function reportLeftOut(): void {
    if (leftOut > 0) log.warn({ leftOut }, 'answers without a valid credential were not logged');
    leftOut = 0;
  }

  return {
    reportLeftOut,
    answered({ error, durationMs, reason, caller: user, ...answer }) {
      const level = levelOf(answer.status);
      if (!log.isLevelEnabled(level)) return;
      if (user === undefined && !hasRoom()) return;
      const why = error === undefined ? reason : messageOf(error);
      log[level]({
        ...cutAll({ ...answer, user }),
        durationMs: Math.round(durationMs * 1000) / 1000,
        ...(why !== undefined && { reason: cut(withoutSecrets(why)) }),
        // Not for 503: an unavailable store is no mistake of the program, so nobody needs to know where it was thrown.
        ...(answer.status === 500 && error !== undefined && { stack: stackOf(error) }),
      });
    },
    readinessChanged(error) {
      // Both at the same level, so that a log that shows one line shows the other.
      if (error === undefined) log.error({ ready: true });
      else log.error({ ready: false, ...errorFields(error) });
    },
    hookFailed: (hook, error) => log.error({ hook, ...errorFields(error) }, 'a function of the application failed'),
  };
}

/** Writes a line. An output that throws must not end the server, and there is no other place to report it. */
function writeTo(output: LogOutput, line: string): void {
  try {
    output.write(line);
  } catch {}
}

const errorFields = (error: unknown): { reason: string; stack: string | undefined } => ({
  reason: cut(withoutSecrets(messageOf(error))),
  stack: stackOf(error),
});

function levelOf(status: number): 'error' | 'warn' | 'info' {
  if (status >= 500) return 'error';
  return status >= 400 ? 'warn' : 'info';
}

const mostCharacters = 500;
const mostStackCharacters = 4000;

const cut = (text: string, most = mostCharacters): string => (text.length > most ? `${text.slice(0, most)}…` : text);

const cutAll = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack = '', cause } = error;
  const because = cause instanceof Error ? `\ncaused by ${cause.stack}` : '';
  return cut(withoutSecrets(stack + because), mostStackCharacters);
}

/**
 * Removes every text that could be a credential, in any encoding. A reason quotes the path, for example, and a client
 * may have sent its token there by mistake.
 */
const withoutSecrets = (text: string): string => text.replace(/[\w%+=.~-]{32,}/g, '[left out]');
