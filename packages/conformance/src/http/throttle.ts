import type { Interruption } from './interruption.ts';

/** Decides when the next request may be sent. */
export interface Throttle {
  /** Waits until the next request may be sent. */
  turn(): Promise<void>;
  /** Makes all requests wait, because the provider sent Retry-After. */
  delay(seconds: number): void;
}

/**
 * Creates a throttle.
 *
 * @param rate The largest number of requests in a second.
 */
export function createThrottle(rate: number, interruption: Interruption): Throttle {
  let nextAt = 0;
  let patientUntil = 0;
  return {
    async turn() {
      const wait = nextAt - Date.now();
      nextAt = Math.max(nextAt, Date.now()) + 1000 / rate;
      // An interruption lifts the rate, but not a Retry-After of the provider.
      if (wait > 0) await interruption.pause(wait, false);
      const patience = patientUntil - Date.now();
      if (patience > 0) await interruption.pause(patience, true);
    },
    delay(seconds) {
      patientUntil = Math.max(patientUntil, Date.now() + seconds * 1000);
      nextAt = Math.max(nextAt, patientUntil);
    },
  };
}
