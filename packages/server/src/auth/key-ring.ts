import type { Store } from '../store/store.ts';
import type { KeySource } from './key-source.ts';
import { type Keys, keysOf } from './keys.ts';

/** The keys of a running server. Keys that another process adds meanwhile are read when they are needed. */
export interface KeyRing {
  /** The key in use, as the database says. New secrets and cursors are made with it. */
  readonly current: Keys;
  /**
   * Tries keys until one fits, the one in use first. If none does, the keys are read again and tried once more.
   *
   * @param attempt Returns `undefined` if a key does not fit.
   */
  find<Found>(attempt: (keys: Keys) => Found | undefined): Promise<Found | undefined>;
  /** Reads again the keys, and which one is in use. Keeps the old ones if they cannot be read now. */
  refresh(): Promise<void>;
}

/** The name of the setting that holds the fingerprint of the key in use. */
export const keySetting = 'key';

/** Returns the fingerprint of the key in use; `undefined` if the store has none yet. */
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
    // If the store is unavailable, the key in use stays the same. New keys are found nevertheless.
    const inUse = await keyInUse(store).catch(() => ring[0].fingerprint);
    ring = arrange(keys.map(keysOf), inUse) ?? ring;
  }

  let reading: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  /**
   * Runs one read at a time for all callers. A caller never shares a read that has begun already, because that
   * may have missed the key that the caller needs.
   */
  function refresh(): Promise<void> {
    next ??= reading.then(() => {
      next = undefined;
      // Errors are ignored: the server must not forget a key because its file is being copied just now.
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

/** Puts the key in use in front of the others. Returns `undefined` if it is not among them. */
function arrange(keys: Keys[], fingerprint: unknown): [Keys, ...Keys[]] | undefined {
  const current = keys.find((one) => one.fingerprint === fingerprint);
  return current && [current, ...keys.filter((one) => one !== current)];
}
