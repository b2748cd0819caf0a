import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Job, Transaction, Waiting } from './job.ts';
import type { SqliteEngine } from './sqlite-engine.ts';
import { type Fate, type Statement, StoreUnavailable } from './store.ts';

/** A job on its way to the thread. */
export type SentJob = Transaction | Statement;

/** How a job went, on its way back. Of an error's class only this is left there. */
export interface Outcome {
  result?: unknown;
  error?: Error;
  unavailable?: { fate: Fate | undefined };
}

/**
 * Starts the thread that does the jobs of a SQLite database (`sqlite-worker.ts`), and opens the database there.
 *
 * @throws Error where it cannot be opened.
 */
export async function startSqliteThread(file: string): Promise<SqliteEngine> {
  // It is TypeScript where this file is, and built where this one is.
  const program = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
  // It prints nothing. To pass on what it could print, Node would listen to errors of this process's own output, and end
  // the process where that goes to a full disk.
  const worker = new Worker(program, { workerData: file, stdout: true, stderr: true });
  // Until then an error is the answer. One that comes later is a mistake of ours, and ends the process.
  await once(worker, 'message');
  const underWay: Job[] = [];
  worker.on('message', (outcomes: Outcome[]) => {
    for (const [i, job] of underWay.splice(0, outcomes.length).entries()) tell(job, outcomes[i]);
  });
  return {
    enough: 16,
    perform(jobs) {
      underWay.push(...jobs);
      worker.postMessage(jobs.map(asSent));
    },
    async close() {
      worker.postMessage('close');
      await once(worker, 'exit');
    },
  };
}

const asSent = (job: Job): SentJob =>
  'sql' in job ? { sql: job.sql, values: job.values } : { transaction: job.transaction, args: job.args };

function tell({ resolve, reject }: Waiting, { result, error, unavailable }: Outcome = {}): void {
  if (!error) resolve(result);
  else reject(unavailable ? new StoreUnavailable(error.message, { cause: error.cause, ...unavailable }) : error);
}
