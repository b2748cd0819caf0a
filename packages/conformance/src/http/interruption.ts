import { setTimeout as sleep } from 'node:timers/promises';

/** When a run that is interrupted stops, and when even its cleaning up does. */
export interface Interruption {
  /** Whether nothing more may be sent. */
  readonly isOver: boolean;
  /**
   * Waits, but no longer than until the run is interrupted.
   *
   * @param isWish Whether the provider has asked for it: then cleaning up waits as well.
   */
  pause(ms: number, isWish: boolean): Promise<void>;
  /** From now on only what cleans up is sent. */
  beginCleanUp(): void;
  close(): void;
}

/**
 * @param signal Interrupts the run.
 * @param graceMs For how long the answers are still waited for that are under way then.
 * @param overMs How long after the signal all has to be over.
 * @param abandon Waits no longer for what is under way.
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
