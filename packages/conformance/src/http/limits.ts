import type { Interruption } from './interruption.ts';

/** No more requests may be sent. */
export class LimitReached extends Error {
  override name = 'LimitReached';
  /** Why the run ended early; `undefined` if it goes on for other operations. */
  readonly ending: string | undefined;

  constructor(message: string, ending?: string) {
    super(message);
    this.ending = ending;
  }
}

/** Counts requests, and stops the run at its limit. */
export interface Limits {
  /** How many requests were counted. */
  readonly requests: number;
  /** @throws LimitReached if no more may be sent. */
  assertFree(): void;
  /** @throws LimitReached if the run was interrupted. */
  assertGoing(): void;
  /** Counts a request, and returns its number. */
  count(): number;
  /** Removes the limit, because requests that clean up do not count. An interruption still stops them. */
  lift(): void;
}

/**
 * Creates the limits of a run.
 *
 * @param maxRequests How many requests the run may send.
 */
export function createLimits(maxRequests: number, interruption: Interruption): Limits {
  let requests = 0;
  let isLifted = false;

  function assertGoing(): void {
    if (interruption.isOver) throw new LimitReached('the run was interrupted', 'the run was interrupted');
  }

  return {
    get requests() {
      return requests;
    },
    assertGoing,
    assertFree() {
      assertGoing();
      if (isLifted || requests < maxRequests) return;
      throw new LimitReached(
        `the limit of ${maxRequests} requests was reached`,
        'the run ended at its limit of requests',
      );
    },
    count() {
      requests += 1;
      return requests;
    },
    lift() {
      isLifted = true;
    },
  };
}
