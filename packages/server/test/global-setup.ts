import { startPostgres, whyNoPostgres } from '@koodrive-backup/testkit/postgres';
import type { TestProject } from 'vitest/node';

/** Starts the one PostgreSQL that all test files share, each with databases of its own. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reason = whyNoPostgres();
  if (reason !== undefined) {
    console.warn(`\nSKIPPED, not tested on this machine: ${reason}.`);
    return undefined;
  }
  const postgres = await startPostgres({ fsync: false });
  provide('postgresUrl', postgres.url);
  return () => postgres[Symbol.asyncDispose]();
}

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the PostgreSQL that all test files share, without a database. */
    postgresUrl?: string;
  }
}
