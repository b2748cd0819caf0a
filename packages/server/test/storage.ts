import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@koodrive-backup/testkit/at-end';
import { createDatabase } from '@koodrive-backup/testkit/postgres';
import type { StorageOptions } from '../src/store/storage-options.ts';

/** The database engine of a store. */
export type Engine = 'SQLite' | 'PostgreSQL';

/** A place for one test's data, empty at first. */
export interface TestStorage extends StorageOptions, Disposable {
  engine: Engine;
  data: string;
}

/**
 * Creates a place for a test's data: a temporary folder, and a database if a PostgreSQL is given.
 *
 * @param postgresUrl URL of a PostgreSQL, without a database.
 * @param parent Folder in which the folder is created.
 */
export async function makeStorage(postgresUrl?: string, parent: string = tmpdir()): Promise<TestStorage> {
  const data = mkdtempSync(join(parent, 'koodrive-server-'));
  const removeData = atEnd(() => rmSync(data, { recursive: true, force: true }));
  const storage = { data, [Symbol.dispose]: removeData };
  if (!postgresUrl) return { engine: 'SQLite', ...storage };
  return { engine: 'PostgreSQL', ...storage, databaseUrl: await createDatabase(postgresUrl) };
}
