import { type Fate, type ReachedLimit, StoreUnavailable } from './store/store.ts';

/** Lets a limited number of requests run at once. The others wait, and their users take turns. */
export interface FairTurns {
  /**
   * Runs work when it is its turn.
   *
   * @throws StoreUnavailable if too many wait, or the turn does not come in time. The work has not begun then.
   */
  run<Result>(userId: string, work: () => Promise<Result>): Promise<Result>;
  /** The number of requests that wait. */
  waiting(): number;
}

/** How many requests may run at once, and how many may wait. */
export interface FairTurnsOptions {
  /** The most requests that run at once. */
  mostAtOnce: number;
  /** The most requests that may wait. */
  mostWaiting: number;
  /** How long a request may wait, in milliseconds. */
  timeoutMs: number;
  /** What is known about a change that was refused. `undefined` for reads. */
  fate: Fate | undefined;
}

/**
 * Creates fair turns. A user who sends many requests at once waits for their own, and others wait for one of them at
 * most.
 */
export function createFairTurns({ mostAtOnce, mostWaiting, timeoutMs, fate }: FairTurnsOptions): FairTurns {
  let underWay = 0;
  let waiting = 0;
  /** The requests that wait, by user. The first user has the next turn. */
  const byUser = new Map<string, Set<() => void>>();

  const unavailable = (message: string, limit: ReachedLimit): StoreUnavailable =>
    new StoreUnavailable(message, { fate, limit });

  function wait(userId: string): Promise<void> {
    if (waiting >= mostWaiting) throw unavailable(`${waiting} requests wait already`, 'queued');
    return new Promise((resolve, reject) => {
      const own = byUser.get(userId) ?? new Set();
      byUser.set(userId, own);
      const timer = setTimeout(() => {
        forget(userId, own, begin);
        reject(unavailable(`no turn came for ${timeoutMs} ms`, 'store_time'));
      }, timeoutMs);
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      own.add(begin);
      waiting++;
    });
  }

  function forget(userId: string, own: Set<() => void>, begin: () => void): void {
    own.delete(begin);
    waiting--;
    if (own.size === 0) byUser.delete(userId);
  }

  /** Gives the place of a request that has ended to the next one. */
  function handOver(): void {
    const [first] = byUser;
    if (!first) {
      underWay--;
      return;
    }
    const [userId, own] = first;
    const [begin = () => {}] = own;
    forget(userId, own, begin);
    if (own.size > 0) {
      // The user goes behind all others.
      byUser.delete(userId);
      byUser.set(userId, own);
    }
    begin();
  }

  return {
    async run(userId, work) {
      if (underWay < mostAtOnce) underWay++;
      else await wait(userId);
      try {
        return await work();
      } finally {
        handOver();
      }
    },
    waiting: () => waiting,
  };
}
