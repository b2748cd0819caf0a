import type { Operation } from '@koodrive-backup/spec/contract';

/** How many requests a run sends: `quick` some of each kind, for every commit; `full` all that the suite knows. */
export type Profile = 'quick' | 'full';

/** Chooses which of the possible requests a run sends. */
export interface Scope {
  /**
   * Returns an operation's share of items that test something common to all operations, such as authentication. Each
   * operation gets other items, so that every item is tried on some operations, and every operation gets some items.
   */
  share<T>(operation: Operation, items: readonly T[]): T[];
  /** Returns all items or, with the profile `quick`, some that are spread evenly over them. */
  some<T>(items: readonly T[]): T[];
}

/** On how many operations a shared item is tried at least, if there are as many. */
const copies: Record<Profile, number> = { quick: 1, full: 3 };

/** The largest number of items that are tried of one list. */
const most: Record<Profile, number> = { quick: 10, full: Number.POSITIVE_INFINITY };

/**
 * Creates the scope of a run.
 *
 * @param operations The operations that are tested.
 */
export function createScope(operations: readonly Operation[], profile: Profile): Scope {
  return {
    share(operation, items) {
      const parts = Math.min(items.length, Math.max(1, Math.floor(operations.length / copies[profile])));
      const part = operations.indexOf(operation) % parts;
      return items.filter((_, i) => i % parts === part);
    },
    some(items) {
      const count = most[profile];
      if (items.length <= count) return [...items];
      return items.filter(
        (_, i) => Math.floor((i * count) / items.length) !== Math.floor(((i - 1) * count) / items.length),
      );
    },
  };
}
