/** Limits how much work runs at the same time. */
export interface Slots {
  /** Waits for a free slot, and runs the work in it. */
  use<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Creates slots.
 *
 * @param count How many run at the same time.
 */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;

  return {
    async use(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      try {
        return await work();
      } finally {
        // The last to wait runs first: it is usually the next step of a scenario, and the others are cases, of which
        // many wait at the same time. In the opposite order, each step would wait for all of those cases.
        const next = waiting.pop();
        if (next) next();
        else free += 1;
      }
    },
  };
}
