import type { Argument, Fate, Statement } from './store.ts';

/** A transaction to run: its name, and its arguments. */
export interface Transaction {
  transaction: string;
  args: readonly Argument[];
}

/** What the thread of a database does: a transaction, or a statement that only reads. */
export type Job = Transaction | Statement;

/** A job on its way to the thread. */
export type Request<Kind extends Job = Job> = Kind & { id: number };

/** Why a job was not done. Of the error's class only what is in `unavailable` is left on its way. */
export interface Failure {
  error: Error;
  unavailable?: { fate: Fate | undefined; isDamage: boolean };
}

/** How a job went. */
export type Reply = { id: number } & ({ result: unknown } | Failure);

/** A commit. */
export interface Commit {
  /** How long the disk took, in milliseconds. */
  ms: number;
  /** How many transactions shared it. */
  changes: number;
}

/** What the thread is told: jobs, or to end after those before. */
export type ToThread = Request[] | 'close';

/**
 * What the thread says: that the database is open, which it says first; how long a commit took; how some jobs went.
 */
export type FromThread = 'open' | { commit: Commit } | { replies: Reply[] };
