// The transactions of the server, and some that only tests need.
import { readFileSync } from 'node:fs';
import { applyMissingMigrations, type BigintType } from '../src/store/migrations.ts';
import { query, type Work } from '../src/store/store.ts';

export * from '../src/store/transactions.ts';

/** Adds one to a counter: reads it, and then writes it. Returns the new count. */
export function* addToCounter(): Work<number> {
  const [row] = yield* query("SELECT value FROM settings WHERE name = 'counter'");
  const value = Number(row?.value ?? 0) + 1;
  const sql = `INSERT INTO settings (name, value) VALUES ('counter', ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
  yield* query(sql, String(value));
  return value;
}

/** Writes, and then throws. */
export function* throwHalfWay(): Work<void> {
  yield* query("INSERT INTO settings (name, value) VALUES ('half', 'done')");
  throw new Error('it cannot connect this: closed');
}

/** Writes, and then yields a statement that no database can run. */
export function* failHalfWay(): Work<void> {
  yield* query("INSERT INTO settings (name, value) VALUES ('wrong', 'done')");
  yield* query('SELECT nothing FROM nowhere');
}

/** Migrates up to the table of records, and throws there. */
export function* migrateHalfWay(bigint: BigintType): Work<void> {
  const steps = applyMissingMigrations(bigint);
  for (let step = steps.next(); !step.done; ) {
    if (step.value.sql.startsWith('CREATE TABLE records')) throw new Error('the test ends it here');
    step = steps.next(yield step.value);
  }
}

/**
 * Writes, and then hangs as if the disk gave no answer, until the FIFO has been opened for writing and closed again.
 */
export function* hang(fifo: string): Work<void> {
  yield* query("INSERT INTO settings (name, value) VALUES ('hung', 'v')");
  readFileSync(fifo);
}
