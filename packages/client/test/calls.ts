import { inspect } from 'node:util';
import { expect, vi } from 'vitest';
import { accessToken, type BackupClient, type BackupClientOptions, createBackupClient } from '../src/index.ts';
import { userId } from './provider.ts';

export const token = 'a-token-of-some-length';

/** A client of the page's user with a token that does not change. */
export const clientOf = (baseUrl: string, options: Partial<BackupClientOptions> = {}): BackupClient =>
  createBackupClient({ baseUrl, auth: accessToken(token), userId, ...options });

/** The error that a call is rejected with. */
export const errorOf = (call: Promise<unknown>): Promise<Record<string, unknown> & Error> =>
  call.then(
    (value) => expect.fail(`resolved to ${JSON.stringify(value)}`),
    (error) => error,
  );

/** Everything that printing, inspecting and serialising show of a value. */
export function shownOf(value: unknown): string {
  const { message, stack } = Object(value) as Partial<Error>;
  const inspected = [false, true].map((showHidden) => inspect(value, { depth: 20, showHidden, maxStringLength: null }));
  return [String(value), message, stack, JSON.stringify(value), ...inspected].join('\n');
}

/** Watches the timers that the client's own code starts, until the mocks are restored. Returns those still running. */
export function watchTimers(): ReadonlySet<unknown> {
  const pending = new Set<unknown>();
  const { setTimeout, clearTimeout } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback, ms, ...values) => {
    // Node's fetch uses the same function.
    const isOwn = /\/src\/(deadline|locks)\.ts/.test(`${new Error().stack}`);
    const timer = setTimeout(() => {
      pending.delete(timer);
      callback(...values);
    }, ms);
    if (isOwn) pending.add(timer);
    return timer;
  });
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    pending.delete(timer);
    clearTimeout(timer);
  });
  return pending;
}
