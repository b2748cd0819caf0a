import type { Interruption } from './interruption.ts';

/** Says when a request may be sent. */
export interface Throttle {
  /** Waits until it is the turn of the next request. */
  turn(): Promise<void>;
  /** Makes all requests wait, because the provider has asked for patience. */
  delay(seconds: number): void;
}

/** @param rate Requests in a second, at most. */
export function createThrottle(rate: number, interruption: Interruption): Throttle {
  let nextAt = 0;
  let patientUntil = 0;
  return {
    async turn() {
      const wait = nextAt - Date.now();
      nextAt = Math.max(nextAt, Date.now()) + 1000 / rate;
      // An interruption lifts the rate, and not the provider's wish.
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
