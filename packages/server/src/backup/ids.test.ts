import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import { isSoak } from '../../test/soak.ts';
import { openStorage } from '../store/open-store.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { createIdSource, type IdSource, timeOfId } from './ids.ts';

const start = Date.UTC(2026, 0);

/** An event of one of several servers on one database. */
type Event =
  | { kind: 'make'; server: number; count: number }
  | { kind: 'clock'; server: number; byMs: number }
  | { kind: 'restart'; server: number }
  | { kind: 'database'; state: 'here' | 'away' | 'commits, and is gone' };

const server = fc.nat(1);
// A minute is reserved at a time, and more is reserved when a third of it is left. These steps end before that, between
// that and the end of the minute, and after the end.
const steps = [1, 30_000, 45_000, 61_000, 150_000].flatMap((ms) => [ms, -ms]);
const oneEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('make'),
      server,
      count: fc.constantFrom(1, 1, 2, 2, 3, 3, 3, 3, 3, 5000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('clock'), server, byMs: fc.constantFrom(...steps) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('restart'), server }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('database'),
      state: fc.constantFrom('here', 'here', 'away', 'commits, and is gone'),
    }),
  },
);
const events = fc.array(oneEvent, { minLength: 1, maxLength: 60, size: 'large' });

/** A server takes the node of another one, which then reaches the same time. */
const meetsItsSuccessor: Event[] = [
  { kind: 'make', server: 0, count: 1 },
  { kind: 'clock', server: 1, byMs: 61_000 },
  { kind: 'make', server: 1, count: 3 },
  { kind: 'clock', server: 0, byMs: 61_000 },
  { kind: 'make', server: 0, count: 3 },
];

/** A server takes the node of another one, whose clock then goes back. */
const losesItsNode: Event[] = [
  { kind: 'make', server: 0, count: 1 },
  { kind: 'clock', server: 1, byMs: 61_000 },
  { kind: 'make', server: 1, count: 1 },
  { kind: 'clock', server: 0, byMs: 45_000 },
  { kind: 'make', server: 0, count: 1 },
  { kind: 'clock', server: 0, byMs: -150_000 },
  { kind: 'make', server: 0, count: 3 },
];

describeEngines((make) => {
  it('creates ids that grow and are unique, whatever clocks, crashes and the database do', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    try {
      await fc.assert(
        fc.asyncProperty(events, (happened) => play(store, happened)),
        {
          numRuns: isSoak ? 1000 : 10,
          examples: [[meetsItsSuccessor], [losesItsNode]],
        },
      );
    } finally {
      await store.close();
    }
  });

  it('refuses ids when its lease has ended and the database is unreachable, and creates them again afterwards', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    let isAway = false;
    let now = start;
    const ids = createIdSource(
      { ...store, transact: (...work) => (isAway ? away() : store.transact(...work)) },
      () => now,
    );
    try {
      const first = await ids.next();
      isAway = true;
      now += 59_999;
      const second = await ids.next();
      now += 1;
      // Whether the lease was stored is unknown, but nothing can have been stored under an id that was never created.
      await expect(ids.next()).rejects.toMatchObject({ name: 'StoreUnavailable', fate: 'not done' });
      isAway = false;
      const third = await ids.next();
      expect([first, second, third].map(timeOfId)).toEqual([start, start + 59_999, start + 60_000]);
    } finally {
      await store.close();
    }
  });

  it('reserves more time early, for its own node only, and creates ids meanwhile', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    let now = start;
    const nodes = async () =>
      (await store.read('SELECT node_id, CAST(reserved_until AS TEXT) AS until FROM nodes ORDER BY node_id')).map(
        ({ node_id, until }) => [node_id, Number(until) - start],
      );
    const leases: Promise<unknown>[] = [];
    const watched: Store = {
      ...store,
      transact(...args) {
        const done = store.transact(...args);
        leases.push(done);
        return done;
      },
    };
    try {
      const [ids, others] = [createIdSource(watched, () => now), createIdSource(store, () => now)];
      await others.next();
      await ids.next();
      expect(await nodes()).toEqual([
        [0, 60_000],
        [1, 60_000],
      ]);
      // A third of the time is left, so none is reserved yet.
      now += 40_000;
      await ids.next();
      expect(leases).toHaveLength(1);
      now += 1;
      // Many requests at a time reserve it once.
      await Promise.all([ids.next(), ids.next(), ids.next()]);
      expect(leases).toHaveLength(2);
      await leases[1];
      expect(await nodes()).toEqual([
        [0, 60_000],
        [1, 100_001],
      ]);
      // No request waits, because the old reservation still lasts.
      now += 30_000;
      const later = await ids.next();
      expect(leases).toHaveLength(2);
      expect(timeOfId(later)).toBe(now);
      // The source that created no ids for a while has lost its node, and only this node is taken.
      expect((BigInt(later) >> 12n) & 1023n).toBe(1n);
      now = start + 100_001;
      const third = await createIdSource(store, () => now).next();
      expect(await nodes()).toEqual([
        [0, 160_001],
        [1, 100_001],
      ]);
      expect((BigInt(third) >> 12n) & 1023n).toBe(0n);
    } finally {
      await store.close();
    }
  });

  it('refuses ids while all node numbers are taken', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    let now = start;
    try {
      const rows = Array.from({ length: 1024 }, (_, node) => `(${node}, ${start + node + 1})`);
      await store.transact('query', `INSERT INTO nodes VALUES ${rows.join()}`);
      const ids = createIdSource(store, () => now);
      await expect(ids.next()).rejects.toThrow(StoreUnavailable);
      now += 2;
      await expect(ids.next()).resolves.toMatch(/^\d{19}$/);
    } finally {
      await store.close();
    }
  });
});

const away = (): Promise<never> =>
  Promise.reject(new StoreUnavailable('the test has taken it away', { fate: 'unknown' }));

/** Plays the events on a database without nodes, and checks each id. */
async function play(store: Store, happened: Event[]): Promise<void> {
  await store.transact('query', 'DELETE FROM nodes');
  let state: 'here' | 'away' | 'commits, and is gone' = 'here';
  const shared: Store = {
    ...store,
    async transact(...work) {
      if (state === 'away') return away();
      const result = await store.transact(...work);
      return state === 'here' ? result : away();
    },
  };
  const clocks = [start, start];
  const newSource = (of: number): IdSource => createIdSource(shared, () => clocks[of] ?? 0);
  const servers = clocks.map((_, of) => ({ ids: newSource(of), last: 0n }));
  const seen = new Set<string>();
  for (const event of happened) {
    // Lets the reservation in the background run.
    await new Promise(setImmediate);
    if (event.kind === 'database') {
      state = event.state;
      continue;
    }
    const of = servers[event.server];
    if (!of) continue;
    if (event.kind === 'clock') clocks[event.server] = (clocks[event.server] ?? 0) + event.byMs;
    if (event.kind === 'restart') servers[event.server] = { ids: newSource(event.server), last: 0n };
    if (event.kind !== 'make') continue;
    for (let i = 0; i < event.count; i++) {
      const id = await of.ids.next().catch((error) => {
        if (state === 'here' || !(error instanceof StoreUnavailable)) throw error;
      });
      if (id === undefined) break;
      if (seen.has(id)) throw new Error(`created twice: ${id}`);
      if (BigInt(id) <= of.last) throw new Error(`${id} is not after ${of.last}`);
      seen.add(id);
      of.last = BigInt(id);
    }
  }
}
