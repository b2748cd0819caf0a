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

/** How a job went. Of an error's class only `unavailable` is left there. */
export type Outcome = { result: unknown } | { error: Error; unavailable?: { fate: Fate | undefined } };

/** The outcome of a job. */
export type Reply = Outcome & { id: number };

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
