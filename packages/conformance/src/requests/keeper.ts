/** Keeps one thing for all who ask for it: it is made when it is first needed, and again once it is lost. */
export interface Keeper<T> {
  /** What is kept. All who ask while it is being made get the same one. */
  get(): Promise<T>;
  /** What is kept now, if anything is. */
  readonly kept: T | undefined;
  /** Keeps it no longer, if it is this one. */
  lose(gone: T): void;
}

/** @param make Makes the thing. If it rejects, the next who asks tries again. */
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

/** Keeps one thing for each key. */
export function createKeepers<K, T>(make: (key: K) => Promise<T>): (key: K) => Keeper<T> {
  const keepers = new Map<K, Keeper<T>>();
  return (key) => {
    const found = keepers.get(key) ?? createKeeper(() => make(key));
    keepers.set(key, found);
    return found;
  };
}
