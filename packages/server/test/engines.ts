import { describe, inject } from 'vitest';
import { type Engine, makeStorage, type TestStorage } from './storage.ts';

/** Runs the same tests on both engines; those on PostgreSQL only where there is one, which the global setup says. */
export function describeEngines(tests: (make: () => Promise<TestStorage>, engine: Engine) => void): void {
  const postgresUrl = inject('postgresUrl');
  describe('on SQLite', () => tests(() => makeStorage(), 'SQLite'));
  describe.skipIf(!postgresUrl)('on PostgreSQL', () => tests(() => makeStorage(postgresUrl), 'PostgreSQL'));
}
