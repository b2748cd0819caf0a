/** Lets some pieces of work go on at a time. */
export interface Slots {
  /** Waits for a slot, and does the work in it. */
  use<T>(work: () => Promise<T>): Promise<T>;
}

/** @param count How many pieces of work go on at a time. */
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
        // Who came last goes first: it is the next step of a scenario, while those that wait longer are cases of which
        // many wait at once. In the opposite order each step would wait for all of them.
        const next = waiting.pop();
        if (next) next();
        else free += 1;
      }
    },
  };
}
