import type { Store } from '../store/store.ts';

/**
 * Called when the server becomes unable to create records, and when it is able again.
 *
 * @param error The reason, which never contains a credential; `undefined` if the server is able again.
 */
export type OnReadiness = (error: unknown) => void;

/** Checks whether a record could be created now. Resolves to the reason if not, otherwise to `undefined`. */
export type CheckReadiness = () => Promise<unknown>;

/** How long a caller waits for the store, in milliseconds. */
const patienceMs = 1000;
/** How long a result is used again, in milliseconds, because each check writes to the disk. */
const freshMs = 500;

/**
 * Creates the function that checks the store, and reports each change since the last check. It resolves within a
 * second, even if the store does not answer. Callers at the same time share one check.
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
    // The absolute value, because the clock may be set back.
    if (!looking && found && Math.abs(now() - found.at) < freshMs) return found.reason;
    looking ??= look();
    const reason = await within(patienceMs, looking);
    const isReady = reason === undefined;
    if (isReady !== wasReady) onReadiness(reason);
    wasReady = isReady;
    return reason;
  };
}

/**
 * Resolves to the result of the check, or after `ms` milliseconds to an error that says that the check takes too long.
 */
async function within(ms: number, looking: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => late.resolve(new Error(`the store has not answered for ${ms} ms`)), ms);
  try {
    return await Promise.race([looking, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
