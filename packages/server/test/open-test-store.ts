import { join } from 'node:path';
import { openPostgresStore } from '../src/store/postgres-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import type { Store, StoreOptions } from '../src/store/store.ts';
import type { TestStorage } from './storage.ts';
import * as transactions from './transactions.ts';

/** A store that also has the transactions of tests. */
export type TestStore = Store<typeof transactions>;

/** How long the store of a test may take, in milliseconds. A busy machine needs more than the default. */
export const patientMs = 60_000;

/** Opens a store that can also run the transactions of tests. */
export async function openTestStore(
  { data, databaseUrl }: Pick<TestStorage, 'data' | 'databaseUrl'>,
  options: StoreOptions = { storeTimeoutMs: patientMs },
): Promise<TestStore> {
  if (databaseUrl) return openPostgresStore(databaseUrl, transactions, options);
  const { href } = new URL('./transactions.ts', import.meta.url);
  return openSqliteStore<typeof transactions>(join(data, 'records.sqlite'), options, href);
}
