import type { DatabaseFiles } from './database-files.ts';
import type { Commit, Reply, Request, Transaction } from './job.ts';
import { fateAfterCommit, type SqliteConnection } from './sqlite-connection.ts';
import { runSteps, StoreUnavailable, type TransactionTable } from './store.ts';

/** Everything that a commit needs. */
export interface Committing {
  connection: SqliteConnection;
  files: DatabaseFiles;
  transactions: TransactionTable;
  /** Begins a job, or begins it again. Returns `false` if it was withdrawn. */
  begin: (id: number) => boolean;
  onCommit: (commit: Commit) => void;
}

/**
 * Commits transactions together, because one sync of the disk then serves them all. If one of them fails by itself,
 * each is committed alone, so that the others do not fail with it.
 *
 * @returns A reply for each transaction. Changes of those that succeeded are on disk. A transaction that was withdrawn
 *   has no result, because nobody waits for it.
 */
export function commitTogether(committing: Committing, requests: Request<Transaction>[]): Reply[] {
  const { connection, files, begin } = committing;
  let [results, before]: [unknown[], unknown] = [[], undefined];
  connection.rollBack();
  try {
    // This may wait for another process. A job that is withdrawn meanwhile is not begun.
    connection.run('BEGIN IMMEDIATE');
    before = changesOn(connection);
    results = requests.map((request) => (begin(request.id) ? resultOf(committing, request) : undefined));
  } catch (cause) {
    connection.rollBack();
    // The files are checked first, because SQLite reports an overwritten file as damaged.
    const error = files.loss('not done') ?? connection.asUnavailable(cause, 'not done');
    // If the database is unavailable, each of them would fail alone, too.
    if (requests.length > 1 && error === cause) return requests.flatMap((one) => commitTogether(committing, [one]));
    return requests.map(({ id }) => failed(id, error));
  }
  const hasChanged = changesOn(connection) !== before;
  const error = commit(committing, hasChanged ? requests.length : 0);
  return requests.map(({ id }, i) => (error ? failed(id, error) : { id, result: results[i] }));
}

function resultOf({ connection, transactions }: Committing, { transaction, args }: Transaction): unknown {
  const steps = transactions[transaction]?.(...(args as never[]));
  if (!steps) throw new TypeError(`there is no transaction ${transaction}`);
  return runSteps(steps, connection.run);
}

/** How many rows a connection has changed so far. */
const changesOn = ({ run }: SqliteConnection): unknown => run('SELECT total_changes() AS changes')[0]?.changes;

/** Commits the open transaction. Returns an error if it is not known to be on disk, otherwise `undefined`. */
function commit({ connection, files, onCommit }: Committing, changes: number): unknown {
  const start = performance.now();
  try {
    if (changes > 0) files.mark();
    const loss = files.loss('not done');
    if (loss) throw loss;
    connection.run('COMMIT');
  } catch (error) {
    connection.rollBack();
    return connection.asUnavailable(error, fateAfterCommit(error));
  }
  if (changes > 0) onCommit({ ms: performance.now() - start, changes });
  return files.loss('unknown');
}

/** The reply to a job that failed. */
export const failed = (id: number, error: unknown): Reply => ({
  id,
  error: error as Error,
  ...(error instanceof StoreUnavailable && { unavailable: { fate: error.fate, isDamage: error.isDamage } }),
});
