import { join } from 'node:path';
import { migrate } from '../src/store/migrations.ts';
import { openPostgresStore } from '../src/store/postgres-store.ts';
import { openSqliteEngine } from '../src/store/sqlite-engine.ts';
import { createSqliteStore } from '../src/store/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import type { TestStorage } from './storage.ts';
import * as transactions from './transactions.ts';

/** A store that knows the transactions of tests too. */
export type TestStore = Store<typeof transactions>;

/** Opens a store that can also run what only tests need. */
export async function openTestStore({ data, databaseUrl }: TestStorage): Promise<TestStore> {
  if (databaseUrl) return openPostgresStore(databaseUrl, transactions);
  const store = createSqliteStore<typeof transactions>(openSqliteEngine(join(data, 'records.sqlite'), transactions));
  await migrate(store, 'INTEGER');
  return store;
}
