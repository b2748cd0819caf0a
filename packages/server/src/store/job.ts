import type { Argument, Statement } from './store.ts';

/** A transaction to run: its name, and its arguments. */
export interface Transaction {
  transaction: string;
  args: Argument[];
}

/** The caller who waits for a job. */
export interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** A transaction, or a statement that only reads, with the caller who waits for it. */
export type Job = (Transaction | Statement) & Waiting;
