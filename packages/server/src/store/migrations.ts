import { query, type Store, type Work } from './store.ts';

/**
 * The engine's type for integers of 64 bits. SQLite stores a table in the order of its key only if the type is INTEGER.
 */
export type BigintType = 'INTEGER' | 'BIGINT';

/**
 * Each entry migrates the schema from one version to the next. There is no way back: a published entry never changes,
 * and new ones are added at the end.
 */
const migrations: ((bigint: BigintType) => string[])[] = [
  (bigint) => [
    'CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
    `CREATE TABLE nodes (node_id INTEGER PRIMARY KEY, reserved_until ${bigint} NOT NULL)`,
    `CREATE TABLE tokens (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at ${bigint} NOT NULL)`,
    'CREATE INDEX tokens_by_expiry ON tokens (expires_at)',
    'CREATE TABLE apps (app_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, secret TEXT NOT NULL)',
    `CREATE TABLE locks (
      user_id TEXT NOT NULL, module_code TEXT NOT NULL, lock_id TEXT NOT NULL UNIQUE, expires_at ${bigint} NOT NULL,
      PRIMARY KEY (user_id, module_code)
    )`,
    'CREATE INDEX locks_by_expiry ON locks (expires_at)',
    `CREATE TABLE devices (
      device_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, machine_code TEXT NOT NULL, device_name TEXT, device_os TEXT,
      UNIQUE (user_id, machine_code)
    )`,
    `CREATE TABLE records (
      record_id ${bigint} PRIMARY KEY, user_id TEXT NOT NULL, module_code TEXT NOT NULL, device_id TEXT NOT NULL,
      status INTEGER NOT NULL, properties TEXT, version INTEGER NOT NULL, end_time ${bigint}, deleted_at ${bigint}
    )`,
    'CREATE INDEX records_by_module ON records (user_id, module_code, record_id)',
    'CREATE INDEX records_to_remove ON records (deleted_at) WHERE deleted_at IS NOT NULL',
  ],
  (bigint) => [
    `ALTER TABLE records ADD COLUMN device_key ${bigint}`,
    'CREATE INDEX records_by_device ON records (user_id, module_code, device_key, record_id)',
    'CREATE INDEX records_without_device_key ON records (record_id) WHERE device_key IS NULL',
    'CREATE INDEX devices_by_user ON devices (user_id, device_id)',
  ],
  (bigint) => [
    'ALTER TABLE tokens ADD COLUMN name TEXT',
    `ALTER TABLE tokens ADD COLUMN issued_at ${bigint}`,
    `ALTER TABLE tokens ADD COLUMN ends_at ${bigint}`,
    'ALTER TABLE apps ADD COLUMN name TEXT',
    `ALTER TABLE apps ADD COLUMN issued_at ${bigint}`,
    `ALTER TABLE apps ADD COLUMN expires_at ${bigint}`,
    'CREATE INDEX apps_by_expiry ON apps (expires_at) WHERE expires_at IS NOT NULL',
  ],
];

/** The schema version of this version of the server. */
export const schemaVersion: number = migrations.length;

/**
 * Migrates a database to the schema of this version of the server. If several servers start at once, one of them
 * migrates and the others wait, because each of them first writes the row that holds the version.
 *
 * @throws Error if a newer version of the server has migrated the database further.
 */
export async function migrate(store: Pick<Store, 'transact'>, bigint: BigintType): Promise<void> {
  await store.transact('prepareMigrations');
  await store.transact('applyMissingMigrations', bigint);
  // Not part of the migration, because its time grows with the number of records, and no transaction may take that
  // long. Every server that starts meanwhile helps.
  while (await store.transact('fillDeviceKeys'));
}

/** Creates the row that holds the version, if there is none. */
export function* prepareMigrations(): Work<void> {
  yield* query('CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)');
  yield* query('INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING');
}

/**
 * Applies the migrations that a database lacks.
 *
 * @throws Error if a newer version of the server has migrated the database further.
 */
export function* applyMissingMigrations(bigint: BigintType): Work<void> {
  const rows = yield* query('UPDATE schema_version SET version = version WHERE id = 1 RETURNING version');
  const version = Number(rows[0]?.version);
  if (version > migrations.length) {
    throw new Error(
      `the database has schema version ${version}, of a newer server, and this server knows no version after ` +
        `${migrations.length}: start a server of the newer version`,
    );
  }
  for (const migration of migrations.slice(version)) {
    for (const sql of migration(bigint)) yield* query(sql);
  }
  yield* query('UPDATE schema_version SET version = ? WHERE id = 1', migrations.length);
}
