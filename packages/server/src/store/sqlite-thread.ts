import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createClaimMemory, openClaims } from './claims.ts';
import type { Failure, FromThread, Job, Reply, Request, ToThread } from './job.ts';
import { type Fate, type ReachedLimit, StoreUnavailable } from './store.ts';

/**
 * The thread gets no more jobs while its jobs hold more than this many characters of values, so that the copies made
 * for it, and its results, fit into memory: a record may hold a megabyte.
 */
const mostHandedSize = 8_388_608;

/** How long an error about damage counts, in milliseconds. If the damage remains, a later request meets it again. */
const damageMs = 60_000;

/** How a thread is started. */
export interface ThreadOptions {
  /** Path of the database. */
  file: string;
  /** URL of the module with its transactions, for the one thread that writes. Without it the thread only reads. */
  transactions?: string | undefined;
  /** The most jobs that the thread has at a time. The others wait on this side. */
  window: number;
  /** The most jobs that may wait, including those that the thread has. */
  maxQueued: number;
  /** How long a caller waits, in milliseconds. */
  timeoutMs: number;
  /** Called after each commit: how long the disk took, in milliseconds, and how many changes shared the commit. */
  onCommit: ((ms: number, changes: number) => void) | undefined;
}

/** The start data of `sqlite-worker.ts`. */
export type ThreadData = Pick<ThreadOptions, 'file' | 'transactions'> & { memory: SharedArrayBuffer };

/** A thread that works on a SQLite database, and the jobs that wait for it. */
export interface SqliteThread {
  /**
   * Runs a job on the thread.
   *
   * @param ms How long its caller waits, in milliseconds. Default `timeoutMs`.
   * @throws StoreUnavailable if the job cannot be done now, or not in time. A job that has not begun is withdrawn then.
   */
  run(job: Job, ms?: number): Promise<unknown>;
  /** The number of jobs that wait, including those under way. */
  waiting(): number;
  /** Returns the last error about damage to the database, if it is less than a minute old. */
  damage(): StoreUnavailable | undefined;
  /** Refuses new jobs from now on. Those that wait are still done. */
  refuse(): void;
  /**
   * Ends the thread after it has done the jobs that wait. Jobs that are not done after `ms` milliseconds are refused,
   * and the thread is left alone: it ends when the disk answers.
   */
  close(ms: number): Promise<void>;
}

/** A job, and the caller who waits for it. */
interface Pending {
  job: Job;
  /** Characters in its values. */
  size: number;
  /** Set once the thread has the job. */
  id?: number;
  deadline?: NodeJS.Timeout;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Starts a thread, and opens the database there.
 *
 * @throws Error if it cannot be opened.
 */
export async function startSqliteThread(options: ThreadOptions): Promise<SqliteThread> {
  const { file, transactions, window, maxQueued, timeoutMs, onCommit } = options;
  const memory = createClaimMemory(window);
  const worker = await startWorker({ file, transactions, memory });
  const claims = openClaims(memory);
  /** Jobs that wait on this side, the oldest first. */
  const queue = new Set<Pending>();
  /** Jobs that the thread has. Each stays here until the thread has replied, even if its caller no longer waits. */
  const handed = new Map<number, Pending>();
  const freeIds = Array.from({ length: window }, (_, id) => id);
  let handedSize = 0;
  let damage: { error: StoreUnavailable; until: number } | undefined;
  let isRefusing = false;
  let isClosing = false;

  const post = (message: ToThread): void => worker.postMessage(message);
  const waiting = (): number => queue.size + handed.size;
  const unavailable = (why: string, fate: Fate, limit?: ReachedLimit): StoreUnavailable =>
    new StoreUnavailable(`SQLite: ${why}`, { fate: transactions === undefined ? undefined : fate, limit });

  /** Hands over the jobs that the thread may have now, in one message, because a message costs more than a job. */
  function handOver(): void {
    const requests: Request[] = [];
    for (const pending of queue) {
      if (handedSize > mostHandedSize) break;
      const id = freeIds.pop();
      if (id === undefined) break;
      queue.delete(pending);
      pending.id = id;
      handed.set(id, pending);
      handedSize += pending.size;
      claims.offer(id);
      requests.push({ id, ...pending.job });
    }
    if (requests.length > 0) post(requests);
    if (isClosing && waiting() === 0) post('close');
  }

  function take({ id, ...outcome }: Reply): void {
    const pending = handed.get(id);
    if (!pending) return;
    handed.delete(id);
    freeIds.push(id);
    handedSize -= pending.size;
    clearTimeout(pending.deadline);
    if ('result' in outcome) pending.resolve(outcome.result);
    else pending.reject(thrown(outcome));
  }

  function thrown({ error: { message, cause }, error, unavailable }: Failure): Error {
    if (!unavailable) return error;
    const refusal = new StoreUnavailable(message, { cause, ...unavailable });
    if (refusal.isDamage) damage = { error: refusal, until: performance.now() + damageMs };
    return refusal;
  }

  function giveUp(pending: Pending, why: string, limit?: ReachedLimit): void {
    clearTimeout(pending.deadline);
    const isWithdrawn = queue.delete(pending) || (pending.id !== undefined && claims.withdraw(pending.id));
    pending.reject(unavailable(why, isWithdrawn ? 'not done' : 'unknown', limit));
  }

  worker.on('message', (message: Exclude<FromThread, 'open'>) => {
    if ('commit' in message) return onCommit?.(message.commit.ms, message.commit.changes);
    for (const reply of message.replies) take(reply);
    handOver();
  });

  return {
    waiting,
    damage: () => (damage && performance.now() < damage.until ? damage.error : undefined),
    run(job, ms = timeoutMs) {
      return new Promise((resolve, reject) => {
        if (isRefusing) return reject(unavailable('the store is closed', 'not done'));
        if (waiting() >= maxQueued) {
          return reject(unavailable(`${maxQueued} jobs wait already`, 'not done', 'queued'));
        }
        const pending: Pending = { job, size: sizeOf(job), resolve, reject };
        pending.deadline = setTimeout(giveUp, ms, pending, `it was not done within ${ms} ms`, 'store_time');
        queue.add(pending);
        // By the end of this turn of the event loop, all requests that arrived in it are in the queue.
        if (queue.size === 1) setImmediate(handOver);
      });
    },
    refuse() {
      isRefusing = true;
    },
    async close(ms) {
      isRefusing = true;
      isClosing = true;
      handOver();
      await new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, ms);
        worker.once('exit', () => {
          clearTimeout(patience);
          resolve();
        });
      });
      for (const pending of [...queue, ...handed.values()]) giveUp(pending, 'the store was closed before it was done');
      worker.unref();
      // Not awaited, because a thread that waits for the disk ends only when the disk answers.
      void worker.terminate();
    },
  };
}

async function startWorker(workerData: ThreadData): Promise<Worker> {
  // The worker has the extension of this file: `.ts` in the source, `.js` in the build.
  const program = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
  // The thread prints nothing, so Node is told not to pass its output on. If Node did, it would listen to errors of
  // this process's own output, and would end the process if that output goes to a full disk.
  const worker = new Worker(program, { workerData, stdout: true, stderr: true });
  // An error before the first message rejects here. A later error is a mistake in this program, and ends the process.
  await once(worker, 'message');
  return worker;
}

function sizeOf(job: Job): number {
  let size = 0;
  for (const value of 'sql' in job ? job.values : job.args) if (typeof value === 'string') size += value.length;
  return size;
}
