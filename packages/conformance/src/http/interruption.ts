import { setTimeout as sleep } from 'node:timers/promises';

/** Decides when an interrupted run stops, and when its clean-up must stop. */
export interface Interruption {
  /** Whether nothing more may be sent. */
  readonly isOver: boolean;
  /**
   * Waits `ms` milliseconds, or until the run is interrupted.
   *
   * @param isWish Whether the provider asked for the wait with Retry-After: then requests that clean up wait too.
   */
  pause(ms: number, isWish: boolean): Promise<void>;
  /** Begins the clean-up. From now on an interruption does not stop requests until `overMs` have passed. */
  beginCleanUp(): void;
  close(): void;
}

/**
 * Creates the interruption of one run.
 *
 * @param signal Interrupts the run.
 * @param graceMs How long after the signal to wait for the answers to requests that were sent before, in milliseconds.
 * @param overMs When everything must end after the signal, in milliseconds.
 * @param abandon Stops waiting for the answers to all requests that were sent.
 */
export function createInterruption(
  signal: AbortSignal | undefined,
  { graceMs, overMs, abandon }: { graceMs: number; overMs: number; abandon: () => void },
): Interruption {
  const over = new AbortController();
  const closed = new AbortController();
  let isCleaning = false;

  const interrupt = (): void => {
    const timers = [
      setTimeout(() => isCleaning || abandon(), graceMs),
      setTimeout(() => {
        over.abort();
        abandon();
      }, overMs),
    ];
    closed.signal.addEventListener('abort', () => {
      for (const timer of timers) clearTimeout(timer);
    });
  };
  if (signal?.aborted) interrupt();
  else signal?.addEventListener('abort', interrupt, { once: true, signal: closed.signal });

  return {
    get isOver() {
      return over.signal.aborted || (!isCleaning && signal?.aborted === true);
    },
    async pause(ms, isWish) {
      const until = isWish && isCleaning ? over.signal : signal;
      await sleep(ms, undefined, until && { signal: until }).catch(() => {});
    },
    beginCleanUp() {
      isCleaning = true;
    },
    close: () => closed.abort(),
  };
}
