import type { TestProject } from 'vitest/node';
import { hasPostgres, startPostgres } from './postgres.ts';

/** Starts the one PostgreSQL that all test files share, each with databases of its own. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasPostgres()) {
    console.warn(
      `\nSKIPPED, not tested on this machine: PostgreSQL has no build for ${process.platform}-${process.arch}.`,
    );
    return undefined;
  }
  const postgres = await startPostgres();
  provide('postgresUrl', postgres.url);
  return () => postgres[Symbol.asyncDispose]();
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the PostgreSQL that all test files share, without a database. */
    postgresUrl?: string;
  }
}
