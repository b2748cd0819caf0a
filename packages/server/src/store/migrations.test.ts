import { startProcess } from '@koodrive-backup/testkit/server-process';
import { expect, it } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import { openTestStore } from '../../test/open-test-store.ts';

import { isSoak } from '../../test/soak.ts';
import type { TestStorage } from '../../test/storage.ts';
import { listRecordsStatement } from '../backup/records.ts';
import { migrate, schemaVersion } from './migrations.ts';
import { openStorage } from './open-store.ts';
import type { Store } from './store.ts';

describeEngines((make, engine) => {
  it('creates the schema once if several servers start at once on an empty database', async () => {
    using storage = await make();
    const start = isSoak ? startProcess : startHere;
    const servers = await Promise.allSettled(Array.from({ length: 3 }, () => start(storage)));
    await Promise.all(servers.map((server) => server.status === 'fulfilled' && server.value[Symbol.asyncDispose]()));
    expect(servers.map((server) => (server.status === 'rejected' ? String(server.reason) : 'started'))).toEqual(
      Array(3).fill('started'),
    );
  });

  it('refuses a database of a newer server, and names both versions', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    await store.transact('query', 'UPDATE schema_version SET version = 1000');
    await store.close();
    await expect(openStorage(storage)).rejects.toThrow(
      `schema version 1000, of a newer server, and this server knows no version after ${schemaVersion}`,
    );
  });

  it('leaves nothing of an interrupted migration, and does all of it the next time', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    const bigint = engine === 'SQLite' ? 'INTEGER' : 'BIGINT';
    try {
      await removeSchema(store);
      await store.transact('prepareMigrations');
      await expect(store.transact('migrateHalfWay', bigint)).rejects.toThrow('the test ends it here');
      await expect(store.read('SELECT * FROM settings')).rejects.toThrow(/settings/);
      expect(await store.read('SELECT version FROM schema_version')).toEqual([{ version: 0 }]);
      await migrate(store, bigint);
      expect(await store.read('SELECT * FROM settings')).toEqual([]);
      expect(await store.read('SELECT version FROM schema_version')).toEqual([{ version: schemaVersion }]);
    } finally {
      await store.close();
    }
  });

  it('migrates a database of the first version, whose records can then be listed by device', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    for (const index of ['records_by_device', 'records_without_device_key', 'devices_by_user', 'apps_by_expiry']) {
      await store.transact('query', `DROP INDEX ${index}`);
    }
    for (const [table, added] of [
      ['records', ['device_key']],
      ['tokens', ['name', 'issued_at', 'ends_at']],
      ['apps', ['name', 'issued_at', 'expires_at']],
    ] as const) {
      for (const column of added) await store.transact('query', `ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    await store.transact('query', 'UPDATE schema_version SET version = 1');
    // More records than one step fills in.
    const rows = Array.from({ length: 1200 }, (_, i) => `(${i}, 'u', '101', 'd${i % 7}', 0, 1)`);
    const columns = 'record_id, user_id, module_code, device_id, status, version';
    await store.transact('query', `INSERT INTO records (${columns}) VALUES ${rows.join()}`);
    await store.close();

    const again = await openStorage(storage);
    try {
      const [sql, ...values] = listRecordsStatement(
        { userId: 'u', moduleCode: '101', deviceId: 'd3' },
        undefined,
        1000,
      );
      const found = await again.store.read(sql, ...values);
      const expected = Array.from({ length: 1200 }, (_, i) => i).filter((i) => i % 7 === 3);
      expect(found.map(({ record_id }) => Number(record_id))).toEqual(expected.toReversed());
    } finally {
      await again.store.close();
    }
  });

  it('changes nothing if the schema exists already', async () => {
    using storage = await make();
    const first = await openStorage(storage);
    await first.store.close();
    const second = await openStorage(storage);
    expect(second.keys.current).toEqual(first.keys.current);
    await second.store.close();
  });
});

async function startHere(storage: TestStorage): Promise<AsyncDisposable> {
  const { store } = await openStorage(storage);
  return { [Symbol.asyncDispose]: () => store.close() };
}

async function removeSchema(store: Store): Promise<void> {
  for (const table of ['settings', 'nodes', 'tokens', 'apps', 'locks', 'devices', 'records', 'schema_version']) {
    await store.transact('query', `DROP TABLE ${table}`);
  }
}
