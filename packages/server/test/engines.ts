import { describe, inject } from 'vitest';
import { isSoak } from './soak.ts';
import { type Engine, makeStorage, type TestStorage } from './storage.ts';

/** Runs the same tests on both engines. Those on PostgreSQL are skipped if the global setup has found none. */
export function describeEngines(tests: EngineTests): void {
  describe('on SQLite', () => tests(() => makeStorage(), 'SQLite'));
  describePostgres(tests);
}

/**
 * Like {@link describeEngines} in soak. Otherwise it leaves SQLite out if there is a PostgreSQL, because these tests
 * ask more of PostgreSQL: several servers share it, and its connections can be cut.
 */
export function describeBusiestEngine(tests: EngineTests): void {
  if (isSoak || !inject('postgresUrl')) describeEngines(tests);
  else describePostgres(tests);
}

type EngineTests = (make: () => Promise<TestStorage>, engine: Engine) => void;

function describePostgres(tests: EngineTests): void {
  const postgresUrl = inject('postgresUrl');
  describe.skipIf(!postgresUrl)('on PostgreSQL', () => tests(() => makeStorage(postgresUrl), 'PostgreSQL'));
}
