import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createClaimMemory, openClaims } from './claims.ts';
import type { Failure, FromThread, Job, Reply, Request, ToThread } from './job.ts';
import { type Fate, type ReachedLimit, StoreUnavailable } from './store.ts';

/**
 * The thread is handed no more while it has so many characters in values, so that what is copied for it, and its results,
 * fit into memory: a record may have a megabyte.
 */
const mostHandedSize = 8_388_608;

/** How long damage that was met counts, in milliseconds. If it is still there, it is met again. */
const damageMs = 60_000;

/** How a thread is started. */
export interface ThreadOptions {
  /** Path of the database. */
  file: string;
  /** URL of the module with its transactions, for the one thread that writes. Without it the thread only reads. */
  transactions?: string | undefined;
  /** How many jobs the thread is handed at a time. The others wait in this process. */
  window: number;
  /** How many jobs may wait, those that the thread has included. */
  maxQueued: number;
  /** How long a caller waits, in milliseconds. */
  timeoutMs: number;
  /** Is told of each commit: how long the disk took, in milliseconds, and how many changes shared it. */
  onCommit: ((ms: number, changes: number) => void) | undefined;
}

/** What `sqlite-worker.ts` is started with. */
export type ThreadData = Pick<ThreadOptions, 'file' | 'transactions'> & { memory: SharedArrayBuffer };

/** A thread that works on a SQLite database, and the jobs that wait for it. */
export interface SqliteThread {
  /**
   * Has a job done.
   *
   * @param ms How long its caller waits, in milliseconds. Default `timeoutMs`.
   * @throws StoreUnavailable if it cannot be done now, or not in time. A job that has not begun is withdrawn then.
   */
  run(job: Job, ms?: number): Promise<unknown>;
  /** How many jobs wait, those under way included. */
  waiting(): number;
  /** The last error that said that the database is damaged, for a minute. */
  damage(): StoreUnavailable | undefined;
  /** Takes no more jobs from now on, and does those that wait. */
  refuse(): void;
  /**
   * Ends the thread once it has done what waits. What is not done after `ms` milliseconds is refused, and the thread left
   * to itself: it ends when the disk lets it go.
   */
  close(ms: number): Promise<void>;
}

/** A job, and the caller who waits for it. */
interface Pending {
  job: Job;
  /** Bytes of its text, about. */
  size: number;
  /** Once the thread has it. */
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
  /** Those that wait here, the first one in front. */
  const queue = new Set<Pending>();
  /** Those that the thread has. Each stays until the thread is done with it, though its caller waits no more. */
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

  /** Hands over what the thread may have now, in one message: each costs more than a job. */
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
        // At the end of a turn all requests that it brought are in.
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
      // Not awaited: a thread that waits for the disk ends no sooner than that.
      void worker.terminate();
    },
  };
}

async function startWorker(workerData: ThreadData): Promise<Worker> {
  // It is TypeScript where this file is, and built where this one is.
  const program = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
  // It prints nothing. To pass on what it could print, Node would listen to errors of this process's own output, and end
  // the process where that goes to a full disk.
  const worker = new Worker(program, { workerData, stdout: true, stderr: true });
  // Until then an error is the answer. One that comes later is a mistake of ours, and ends the process.
  await once(worker, 'message');
  return worker;
}

function sizeOf(job: Job): number {
  let size = 0;
  for (const value of 'sql' in job ? job.values : job.args) if (typeof value === 'string') size += value.length;
  return size;
}
