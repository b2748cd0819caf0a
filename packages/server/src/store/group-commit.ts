import type { Transaction, Waiting } from './job.ts';
import type { Row, TransactionTable, Value } from './store.ts';

/** The connection on which a group is committed. */
export interface Connection {
  /** The transactions that it can run. */
  transactions: TransactionTable;
  /** Runs one statement. */
  run(sql: string, values?: readonly Value[]): Row[];
  /** Rolls back whatever is open. Does not throw. */
  rollBack(): void;
  /** Throws if what was committed went to files that nobody will find. */
  checkFiles(): void;
  /**
   * Turns an error of the database into the one that callers get.
   *
   * @param isCommitting Whether it came from the commit itself, after which the changes may be on disk.
   */
  asUnavailable(error: unknown, isCommitting: boolean): unknown;
}

/**
 * Commits transactions together, because one sync of the disk then serves them all, and answers each caller once the
 * commit is on disk. If one of them fails by itself, each is committed alone, so that it does not take the others along.
 * `sqlite-store.ts` collects the jobs of one turn of the event loop, `sqlite-worker.ts` those that arrive while the disk
 * is busy.
 */
export function commitTogether(connection: Connection, jobs: (Transaction & Waiting)[]): void {
  let results: unknown[];
  let isCommitting = false;
  connection.rollBack();
  try {
    connection.run('BEGIN IMMEDIATE');
    results = jobs.map((job) => resultOf(connection, job));
    isCommitting = true;
    connection.run('COMMIT');
  } catch (cause) {
    connection.rollBack();
    const error = connection.asUnavailable(cause, isCommitting);
    // An unavailable database fails them all alike.
    if (jobs.length > 1 && error === cause) for (const job of jobs) commitTogether(connection, [job]);
    else rejectAll(jobs, error);
    return;
  }
  try {
    connection.checkFiles();
  } catch (error) {
    rejectAll(jobs, error);
    return;
  }
  for (const [i, { resolve }] of jobs.entries()) resolve(results[i]);
}

function resultOf({ run, transactions }: Connection, { transaction, args }: Transaction): unknown {
  const steps = transactions[transaction]?.(...(args as never[]));
  if (!steps) throw new TypeError(`there is no transaction ${transaction}`);
  let step = steps.next();
  while (!step.done) step = steps.next(run(step.value.sql, step.value.values));
  return step.value;
}

function rejectAll(jobs: Waiting[], error: unknown): void {
  for (const { reject } of jobs) reject(error);
}
