import { DatabaseSync } from 'node:sqlite';
import { applyMissingMigrations, prepareMigrations } from './migrations.ts';
import { type Row, runSteps } from './store.ts';

/** The statement that lists the tables and indexes of a SQLite database. */
export const schemaSql = 'SELECT name FROM sqlite_schema';

let expected: unknown[] | undefined;

/** Names the tables and indexes that are missing in the rows of {@link schemaSql}; `undefined` if none is. */
export function missingIn(rows: Row[]): string | undefined {
  const names = namesIn(rows);
  expected ??= expectedNames();
  const missing = expected.filter((name) => !names.includes(name));
  return missing.length === 0 ? undefined : `the database lacks ${missing.join(', ')}`;
}

/** Lists what the migrations create, by running them on a database in memory, so that no second list is needed. */
function expectedNames(): unknown[] {
  const database = new DatabaseSync(':memory:');
  const run = (sql: string, values: readonly (string | number | bigint | null)[] = []): Row[] =>
    database.prepare(sql).all(...values) as Row[];
  runSteps(prepareMigrations(), run);
  runSteps(applyMissingMigrations('INTEGER'), run);
  const names = namesIn(run(schemaSql));
  database.close();
  return names;
}

const namesIn = (rows: Row[]): unknown[] => rows.map(({ name }) => name);
