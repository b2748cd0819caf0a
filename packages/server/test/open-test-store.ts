import { join } from 'node:path';
import { migrate } from '../src/store/migrations.ts';
import { openPostgresStore } from '../src/store/postgres-store.ts';
import { openSqliteEngine } from '../src/store/sqlite-engine.ts';
import { createSqliteStore } from '../src/store/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import type { TestStorage } from './storage.ts';

/** Opens a store that can run work of a test's own: SQLite in this thread, which needs no name to find it by. */
export async function openTestStore({ data, databaseUrl }: TestStorage): Promise<Store> {
  if (databaseUrl) return openPostgresStore(databaseUrl);
  const store = createSqliteStore(openSqliteEngine(join(data, 'records.sqlite')));
  await migrate(store, 'INTEGER');
  return store;
}
