import type { Store } from '../store/store.ts';

/**
 * Is told when the server can no longer keep what it is sent, and when it can again.
 *
 * @param error Why it cannot. Never a credential. `undefined` where it can again.
 */
export type OnReadiness = (error: unknown) => void;

/** Looks whether the store can do its work now: gives the reason why not, else `undefined`. */
export type CheckReadiness = () => Promise<unknown>;

/** Makes the function that looks after the store, and tells of what has changed since the last look. */
export function createReadiness(store: Store, onReadiness: OnReadiness = () => {}): CheckReadiness {
  let wasReady = true;
  return async () => {
    const reason: unknown = await store.check().then(
      () => undefined,
      (error) => error,
    );
    const isReady = reason === undefined;
    if (isReady !== wasReady) onReadiness(reason);
    wasReady = isReady;
    return reason;
  };
}
