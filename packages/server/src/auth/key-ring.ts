import type { Store } from '../store/store.ts';
import type { KeySource } from './key-source.ts';
import { type Keys, keysOf } from './keys.ts';

/** The keys of a running server. Those that another process adds meanwhile are found when they are needed. */
export interface KeyRing {
  /** The key that the database says is in use: what is new is made with it. */
  readonly current: Keys;
  /**
   * Tries keys until one fits, the one in use first. If none does, the keys are read again and tried once more.
   *
   * @param attempt Returns `undefined` if a key does not fit.
   */
  find<Found>(attempt: (keys: Keys) => Found | undefined): Promise<Found | undefined>;
  /** Reads the keys, and which one is in use, again. Keeps what it has if they cannot be read now. */
  refresh(): Promise<void>;
}

/** The name of the setting that holds the fingerprint of the key in use. */
export const keySetting = 'key';

/** The fingerprint of the key in use; `undefined` before there is one. */
export async function keyInUse(store: Store): Promise<unknown> {
  const [row] = await store.read('SELECT value FROM settings WHERE name = ?', keySetting);
  return row?.value;
}

/**
 * Opens the keys of a store. The first server on a store puts its newest key to use.
 *
 * @throws Error if the key that the store uses is not among them.
 */
export async function openKeyRing(store: Store, source: KeySource): Promise<KeyRing> {
  const first = (await source.read()).map(keysOf);
  const inUse = await store.transact('keepSetting', keySetting, first[0]?.fingerprint ?? '');
  const found = arrange(first, inUse);
  if (!found) throw new Error(`the key that this database was made with is not in ${source.name}`);
  let ring = found;

  async function read(): Promise<void> {
    const keys = await source.read();
    // A store that is away does not say which one is in use, and is no reason to miss a new one.
    const inUse = await keyInUse(store).catch(() => ring[0].fingerprint);
    ring = arrange(keys.map(keysOf), inUse) ?? ring;
  }

  let reading: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  /** One at a time, however many ask. A reading that has begun may have missed what its caller is looking for. */
  function refresh(): Promise<void> {
    next ??= reading.then(() => {
      next = undefined;
      // A file that is just being copied is no reason to forget a key.
      reading = read().catch(() => {});
      return reading;
    });
    return next;
  }

  function search<Found>(attempt: (keys: Keys) => Found | undefined): Found | undefined {
    for (const keys of ring) {
      const fit = attempt(keys);
      if (fit !== undefined) return fit;
    }
    return undefined;
  }

  return {
    get current() {
      return ring[0];
    },
    async find(attempt) {
      const fit = search(attempt);
      if (fit !== undefined) return fit;
      await refresh();
      return search(attempt);
    },
    refresh,
  };
}

/** The key in use in front of the others; `undefined` if it is not there. */
function arrange(keys: Keys[], fingerprint: unknown): [Keys, ...Keys[]] | undefined {
  const current = keys.find((one) => one.fingerprint === fingerprint);
  return current && [current, ...keys.filter((one) => one !== current)];
}
