import { query, type Store, StoreUnavailable, type Work } from '../store/store.ts';

/**
 * An id is an integer of 63 bits: the time in milliseconds since 2012, then 10 bits for the node that made it, then 12
 * that count within the millisecond. So ids are ordered by time, and those of today have 19 digits, as the vendor's.
 */
const epoch = Date.UTC(2012, 0);
const nodeBits = 10n;
const countBits = 12n;
const nodes = 1 << Number(nodeBits);
const countsPerMs = 1 << Number(countBits);

/** How far ahead a node reserves time, in milliseconds, and how much of it is left when it reserves more. */
const reservedMs = 60_000;
const marginMs = 20_000;

/** Makes ids that no other process makes. */
export interface IdSource {
  /**
   * @returns An id after all that this source gave before, as a decimal string.
   * @throws StoreUnavailable where it cannot be made sure that it is unique.
   */
  next(): Promise<string>;
}

/** When an id was made, in milliseconds since the Unix epoch. */
export function timeOfId(id: string): number {
  return Number(BigInt(id) >> (nodeBits + countBits)) + epoch;
}

/** Whether a text is the decimal form of what could be an id: the store holds integers of 63 bits. */
export function isId(text: string): boolean {
  return /^(0|[1-9]\d{0,18})$/.test(text) && BigInt(text) < 1n << 63n;
}

/**
 * Makes a source of ids. Its node number is leased from the store: the row of a node says up to which time ids of it
 * may exist, and nobody takes a node before that time has passed. So ids stay unique when a clock goes backwards, when
 * servers on one database disagree about the time, and after a crash.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createIdSource(store: Store, now: () => number): IdSource {
  let node: number | undefined;
  let reservedUntil = 0;
  let last = 0;
  let count = 0;
  let leasing: Promise<void> | undefined;

  /** One at a time, for all that wait. */
  function lease(): Promise<void> {
    // Not now(), which may go back: no id comes before this time, whichever node it will be of.
    const from = last;
    leasing ??= store
      .transact('leaseNode', node, from, reservedUntil)
      .then((leased) => {
        ({ node, reservedUntil } = leased);
      })
      .finally(() => {
        leasing = undefined;
      });
    return leasing;
  }

  /** The millisecond of the next id: never before the last one, and one later where that is full. */
  function advance(): number {
    const time = Math.max(now(), last);
    if (time > last) [last, count] = [time, 0];
    else if (++count === countsPerMs) [last, count] = [last + 1, 0];
    return last;
  }

  return {
    async next() {
      for (;;) {
        const time = advance();
        if (node !== undefined && time < reservedUntil) {
          // In good time, so that nobody waits for it.
          if (time > reservedUntil - marginMs && !leasing) lease().catch(() => {});
          const id = (BigInt(time - epoch) << (nodeBits + countBits)) | (BigInt(node) << countBits) | BigInt(count);
          return String(id);
        }
        await lease().catch(throwNotDone);
      }
    },
  };
}

/** Whatever became of the lease: what the id was wanted for is not done. */
function throwNotDone(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error;
  throw new StoreUnavailable(error.message, { cause: error, fate: 'not done' });
}

/** Reserves more time for a node that nobody took meanwhile; else takes one whose time has passed, or a new one. */
export function* leaseNode(
  node: number | undefined,
  from: number,
  reservedUntil: number,
): Work<{ node: number; reservedUntil: number }> {
  const until = from + reservedMs;
  if (node !== undefined) {
    const sql = 'UPDATE nodes SET reserved_until = ? WHERE node_id = ? AND reserved_until = ? RETURNING node_id';
    const kept = yield* query(sql, until, node, reservedUntil);
    if (kept.length > 0) return { node, reservedUntil: until };
  }
  const [free] = yield* query('SELECT MIN(node_id) AS node_id FROM nodes WHERE reserved_until < ?', from);
  if (free?.node_id != null) {
    yield* query('UPDATE nodes SET reserved_until = ? WHERE node_id = ?', until, free.node_id);
    return { node: Number(free.node_id), reservedUntil: until };
  }
  const [{ next } = { next: 0 }] = yield* query('SELECT COALESCE(MAX(node_id) + 1, 0) AS next FROM nodes');
  if (Number(next) >= nodes) throw new StoreUnavailable(`all ${nodes} node numbers are taken: one is free in a minute`);
  yield* query('INSERT INTO nodes (node_id, reserved_until) VALUES (?, ?)', next, until);
  return { node: Number(next), reservedUntil: until };
}
