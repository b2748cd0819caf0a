import type { Store } from '../store/store.ts';

/**
 * Removes what has come to its end: records that are to be deleted, locks and tokens that have expired. Completes the
 * records of servers of an older version that still run.
 */
export async function sweep(store: Store, now: () => number): Promise<void> {
  await store.transact('removeExpiredLocks', now());
  await store.transact('removeExpiredTokens', now());
  while (await store.transact('removeDeletedRecords', now()));
  while (await store.transact('fillDeviceKeys'));
}
