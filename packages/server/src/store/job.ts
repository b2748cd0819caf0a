import type { Argument, Fate, Statement } from './store.ts';

/** A transaction to run: its name, and its arguments. */
export interface Transaction {
  transaction: string;
  args: readonly Argument[];
}

/** A job for the thread of a database: a transaction, or a statement that only reads. */
export type Job = Transaction | Statement;

/** A job on its way to the thread. */
export type Request<Kind extends Job = Job> = Kind & { id: number };

/**
 * The error of a job that failed. An error loses its class on the way to another thread, so `unavailable` carries the
 * fields of a `StoreUnavailable`.
 */
export interface Failure {
  error: Error;
  unavailable?: { fate: Fate | undefined; isDamage: boolean };
}

/** The result of a job, or its failure. */
export type Reply = { id: number } & ({ result: unknown } | Failure);

/** A commit. */
export interface Commit {
  /** How long the disk took, in milliseconds. */
  ms: number;
  /** How many transactions shared it. */
  changes: number;
}

/** A message to the thread: jobs, or the order to end after all earlier jobs. */
export type ToThread = Request[] | 'close';

/** A message from the thread: first `open`, when the database is open; then commits, and replies to jobs. */
export type FromThread = 'open' | { commit: Commit } | { replies: Reply[] };
