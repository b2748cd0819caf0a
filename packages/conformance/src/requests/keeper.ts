/** Shares one thing between all callers. It is created when first needed, and again after it was lost. */
export interface Keeper<T> {
  /** Returns the thing, and creates it if needed. Callers that wait for its creation get the same one. */
  get(): Promise<T>;
  /** The thing, if it exists now. */
  readonly kept: T | undefined;
  /** Forgets the thing, if it is this one. */
  lose(gone: T): void;
}

/**
 * Creates a keeper.
 *
 * @param make Creates the thing. If it rejects, the next caller tries again.
 */
export function createKeeper<T>(make: () => Promise<T>): Keeper<T> {
  let kept: T | undefined;
  let making: Promise<T> | undefined;

  async function keep(): Promise<T> {
    kept = await make();
    return kept;
  }

  return {
    get kept() {
      return kept;
    },
    async get() {
      if (kept !== undefined) return kept;
      making ??= keep().finally(() => {
        making = undefined;
      });
      return making;
    },
    lose(gone) {
      if (kept === gone) kept = undefined;
    },
  };
}

/** Creates a function that returns the keeper of a key, always the same for one key. */
export function createKeepers<K, T>(make: (key: K) => Promise<T>): (key: K) => Keeper<T> {
  const keepers = new Map<K, Keeper<T>>();
  return (key) => {
    const found = keepers.get(key) ?? createKeeper(() => make(key));
    keepers.set(key, found);
    return found;
  };
}
