import { query, type Store, StoreUnavailable, type Work } from '../store/store.ts';

/**
 * An id is an integer of 63 bits: the time in milliseconds since 2012, then 10 bits for the node that made it, then 12
 * that count within the millisecond. So ids are ordered by time, and those of today have 19 digits, like the vendor's.
 */
const epoch = Date.UTC(2012, 0);
const nodeBits = 10n;
const countBits = 12n;
const nodes = 1 << Number(nodeBits);
const countsPerMs = 1 << Number(countBits);

/** How far ahead a node reserves time, in milliseconds, and how much of it is left when it reserves more. */
const reservedMs = 60_000;
const marginMs = 20_000;

/** A source of ids that no other process creates. */
export interface IdSource {
  /**
   * Creates an id.
   *
   * @returns The id, which is greater than all earlier ones of this source, as a decimal string.
   * @throws StoreUnavailable if it is not certain now that the id would be unique.
   */
  next(): Promise<string>;
}

/** Returns the time at which an id was created, in milliseconds since the Unix epoch. */
export function timeOfId(id: string): number {
  return Number(BigInt(id) >> (nodeBits + countBits)) + epoch;
}

/** Whether a text could be an id: an integer of 63 bits, as the store holds, in decimal form without leading zeros. */
export function isId(text: string): boolean {
  return /^(0|[1-9]\d{0,18})$/.test(text) && BigInt(text) < 1n << 63n;
}

/**
 * Creates a source of ids. Its node number is leased from the store: the row of a node holds the time up to which ids
 * of it may exist, and no other process takes the node before that time has passed. So ids stay unique when a clock
 * goes backwards, when servers on one database disagree about the time, and after a crash.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createIdSource(store: Store, now: () => number): IdSource {
  let node: number | undefined;
  let reservedUntil = 0;
  let last = 0;
  let count = 0;
  let leasing: Promise<void> | undefined;

  /** Takes or extends the lease, once for all who wait for it. */
  function lease(): Promise<void> {
    // Not now(), which may go back: no later id of this source is before `last`, whichever node it belongs to.
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

  /** Returns the millisecond of the next id: never before that of the last id, and one later if that is full. */
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
          // Renew before the lease ends, so that no request waits for the store.
          if (time > reservedUntil - marginMs && !leasing) lease().catch(() => {});
          const id = (BigInt(time - epoch) << (nodeBits + countBits)) | (BigInt(node) << countBits) | BigInt(count);
          return String(id);
        }
        await lease().catch(throwNotDone);
      }
    },
  };
}

/** Whether or not the lease was stored, the change that needed the id was not done. */
function throwNotDone(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error;
  throw new StoreUnavailable(error.message, { cause: error, fate: 'not done' });
}

/**
 * Reserves more time for a node, if nobody took it meanwhile. Otherwise takes one whose time has passed, or a new one.
 */
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
