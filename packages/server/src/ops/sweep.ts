import type { Store } from '../store/store.ts';

/** The transactions that remove expired locks, tokens and apps, and records that are to be deleted. */
const removals = ['removeExpiredLocks', 'removeExpiredTokens', 'removeExpiredApps', 'removeDeletedRecords'] as const;

/** The sweeps under way, by store. */
const sweeping = new WeakMap<Store, Promise<void>>();

/**
 * Removes expired locks, tokens and apps, and records that are to be deleted, a limited number in each transaction.
 * Then fills in the device keys of records that servers of an older version still create. Callers at the same time
 * share one sweep.
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
