import type { Store } from '../store/store.ts';

/**
 * Is told when the server can no longer keep what it is sent, and when it can again.
 *
 * @param error Why it cannot. Never a credential. `undefined` where it can again.
 */
export type OnReadiness = (error: unknown) => void;

/** Looks whether a record could be created now: returns the reason why not, else `undefined`. */
export type CheckReadiness = () => Promise<unknown>;

/** How long whoever asks waits for the store, in milliseconds. */
const patienceMs = 1000;
/** How long what was found is good for, in milliseconds: each look writes to the disk. */
const freshMs = 500;

/**
 * Makes the function that looks after the store, and tells of what has changed since the last look. It answers within a
 * second, also if the store does not. Those who ask at the same time share one look.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createReadiness(
  store: Store,
  onReadiness: OnReadiness = () => {},
  now: () => number = Date.now,
): CheckReadiness {
  let wasReady = true;
  let found: { reason: unknown; at: number } | undefined;
  let looking: Promise<unknown> | undefined;

  async function look(): Promise<unknown> {
    const reason: unknown = await store.check().then(
      () => undefined,
      (error) => error,
    );
    found = { reason, at: now() };
    looking = undefined;
    return reason;
  }

  return async () => {
    // A clock may be set back.
    if (!looking && found && Math.abs(now() - found.at) < freshMs) return found.reason;
    looking ??= look();
    const reason = await within(patienceMs, looking);
    const isReady = reason === undefined;
    if (isReady !== wasReady) onReadiness(reason);
    wasReady = isReady;
    return reason;
  };
}

/** What the look found, or that it takes too long. */
async function within(ms: number, looking: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => late.resolve(new Error(`the store has not answered for ${ms} ms`)), ms);
  try {
    return await Promise.race([looking, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
