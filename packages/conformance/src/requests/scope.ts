import type { Operation } from '@koodrive-backup/spec/contract';

/** How much is tried: `quick` for every commit, `full` misses nothing that the suite knows. */
export type Profile = 'quick' | 'full';

/** Which part of what could be tried is tried. */
export interface Scope {
  /**
   * The part of what is tried at one gate that all operations have, as authentication is: another part for each
   * operation, so that each item is tried on some operations, and each operation is tried with some items.
   */
  share<T>(operation: Operation, items: readonly T[]): T[];
  /** All items, or with the profile `quick` some that are spread evenly over them. */
  some<T>(items: readonly T[]): T[];
}

/** On how many operations, at least, an item is tried that all of them share. */
const copies: Record<Profile, number> = { quick: 1, full: 3 };

/** How many items are tried of one list. */
const most: Record<Profile, number> = { quick: 10, full: Number.POSITIVE_INFINITY };

/** @param operations Those that are tested. */
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
