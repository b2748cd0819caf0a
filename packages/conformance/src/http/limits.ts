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

/** Counts requests, up to the limit of the run. */
export interface Limits {
  /** How many requests were counted. */
  readonly requests: number;
  /** @throws LimitReached if no more may be sent. */
  assertFree(): void;
  /** @throws LimitReached if the run was interrupted. */
  assertGoing(): void;
  /** Counts a request, and returns its number. */
  count(): number;
  /** From now on only the interruption counts: what cleans up has no limit. */
  lift(): void;
}

/** @param maxRequests How many requests the run may send. */
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
