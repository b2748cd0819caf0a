import type { Store } from '../store/store.ts';

/** What has come to its end: locks, tokens and apps that have expired, records that are to be deleted. */
const removals = ['removeExpiredLocks', 'removeExpiredTokens', 'removeExpiredApps', 'removeDeletedRecords'] as const;

/** Sweeps of stores that are under way. */
const sweeping = new WeakMap<Store, Promise<void>>();

/**
 * Removes what has come to its end, some in each transaction, and completes the records of servers of an older version
 * that still run. A sweep that is under way already is shared.
 */
export function sweep(store: Store, now: () => number): Promise<void> {
  const underWay = sweeping.get(store) ?? removeAll(store, now).finally(() => sweeping.delete(store));
  sweeping.set(store, underWay);
  return underWay;
}

async function removeAll(store: Store, now: () => number): Promise<void> {
  for (const removal of removals) while (await store.transact(removal, now()));
  while (await store.transact('fillDeviceKeys'));
}
