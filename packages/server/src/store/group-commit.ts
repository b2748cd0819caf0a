import type { DatabaseFiles } from './database-files.ts';
import type { Commit, Reply, Request, Transaction } from './job.ts';
import { fateAfterCommit, type SqliteConnection } from './sqlite-connection.ts';
import { runSteps, StoreUnavailable, type TransactionTable } from './store.ts';

/** What transactions are committed with. */
export interface Committing {
  connection: SqliteConnection;
  files: DatabaseFiles;
  transactions: TransactionTable;
  /** Begins a job, or begins it again. `false` if it was withdrawn. */
  begin: (id: number) => boolean;
  onCommit: (commit: Commit) => void;
}

/**
 * Commits transactions together, because one sync of the disk then serves them all. If one of them fails by itself, each
 * is committed alone, so that it does not take the others along.
 *
 * @returns How each went. What was done is on disk. One that was withdrawn has no result, and nobody who waits for it.
 */
export function commitTogether(committing: Committing, requests: Request<Transaction>[]): Reply[] {
  const { connection, begin } = committing;
  let results: unknown[];
  connection.rollBack();
  try {
    // It may wait for another process. What is withdrawn meanwhile is not begun.
    connection.run('BEGIN IMMEDIATE');
    results = requests.map((request) => (begin(request.id) ? resultOf(committing, request) : undefined));
  } catch (cause) {
    connection.rollBack();
    const error = connection.asUnavailable(cause, 'not done');
    // An unavailable database fails them all alike.
    if (requests.length > 1 && error === cause) return requests.flatMap((one) => commitTogether(committing, [one]));
    return requests.map(({ id }) => failed(id, error));
  }
  const error = commit(committing, requests.length);
  return requests.map(({ id }, i) => (error ? failed(id, error) : { id, result: results[i] }));
}

function resultOf({ connection, transactions }: Committing, { transaction, args }: Transaction): unknown {
  const steps = transactions[transaction]?.(...(args as never[]));
  if (!steps) throw new TypeError(`there is no transaction ${transaction}`);
  return runSteps(steps, connection.run);
}

/** Commits what is open. Returns why it is not known to be on disk, else `undefined`. */
function commit({ connection, files, onCommit }: Committing, changes: number): unknown {
  const start = performance.now();
  try {
    connection.run('COMMIT');
    files.check();
    onCommit({ ms: performance.now() - start, changes });
    return undefined;
  } catch (error) {
    connection.rollBack();
    return connection.asUnavailable(error, fateAfterCommit(error));
  }
}

/** The reply to a job that failed. */
export const failed = (id: number, error: unknown): Reply => ({
  id,
  error: error as Error,
  ...(error instanceof StoreUnavailable && { unavailable: { fate: error.fate, isDamage: error.isDamage } }),
});
