import type { Exchange, Identity } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { bodyOf, sentValue } from './call.ts';
import { createKeepers, type Keeper } from './keeper.ts';
import { idIn, type Kind, makers, usedUpBy } from './kinds.ts';

/** The things that the suite created for one identity. */
export interface Belongings {
  identity: Identity;
  /** The thing of a kind that all checks share. */
  shared(kind: Kind): Keeper<string>;
  /** The thing that wrong requests name if they would remove it: the shared one must survive a provider's mistake. */
  spare(kind: Kind): Keeper<string>;
  /** When the shared lock was taken or renewed, in milliseconds since the Unix epoch. */
  lockedAt: number;
  renewing: Promise<void> | undefined;
  /** The locks that the suite holds, by their modules. */
  locks: Map<string, string>;
  /** The ids of everything to remove at the end. */
  own: Map<Kind, Set<string>>;
}

/** The belongings of all identities. */
export interface AllBelongings extends Iterable<Belongings> {
  of(identity: Identity): Belongings;
  /** Records what an exchange created or removed. */
  observe(exchange: Exchange): void;
  /** Forgets a thing that is gone, so that it is neither shared nor removed again. */
  forget(kind: Kind, id: string, mine: Belongings): void;
  /** Returns the kind and id of each thing that was not removed. */
  leftBehind(): string[];
}

/**
 * Creates the belongings of a run.
 *
 * @param make Creates the shared or spare thing of a kind, and returns its id.
 */
export function createBelongings(
  kinds: readonly Kind[],
  make: (kind: Kind, mine: Belongings, use: 'shared' | 'spare') => Promise<string>,
): AllBelongings {
  const all = new Map<string, Belongings>();
  /** When a list showed something that the suite did not create, by id, in milliseconds since the Unix epoch. */
  const listedAt = new Map<string, number>();

  function of(identity: Identity): Belongings {
    const found = all.get(identity.userId);
    if (found) return found;
    const made: Belongings = {
      identity,
      shared: createKeepers((kind: Kind) => make(kind, made, 'shared')),
      spare: createKeepers((kind: Kind) => make(kind, made, 'spare')),
      lockedAt: 0,
      renewing: undefined,
      locks: new Map(),
      own: new Map(kinds.map((kind) => [kind, new Set<string>()])),
    };
    all.set(identity.userId, made);
    return made;
  }

  function forget(kind: Kind, id: string, mine: Belongings): void {
    mine.own.get(kind)?.delete(id);
    mine.shared(kind).lose(id);
    mine.spare(kind).lose(id);
    for (const [moduleCode, held] of mine.locks) if (held === id) mine.locks.delete(moduleCode);
  }

  /** Remembers what a list shows and the suite did not create. */
  function noteListed({ field }: Kind, own: ReadonlySet<string> | undefined, exchange: Exchange): void {
    const { call, judgement, sentAt, durationMs } = exchange;
    const data = judgement.envelope?.data;
    if (call.operation.method !== 'GET' || !Array.isArray(data)) return;
    for (const { [field]: id } of data.filter(isObject)) {
      if (!own?.has(`${id}`) && !listedAt.has(`${id}`)) listedAt.set(`${id}`, sentAt + durationMs);
    }
  }

  return {
    of,
    forget,
    observe(exchange) {
      const { call, identity, judgement, sentAt } = exchange;
      if (!judgement.isTaken) return;
      const mine = of(identity);
      const { operation: done } = call;
      for (const kind of kinds) {
        const own = mine.own.get(kind);
        noteListed(kind, own, exchange);
        const id = done === kind.maker ? idIn(judgement.envelope, kind.field) : undefined;
        // A thing that was listed before this request is not the suite's, whatever the answer says.
        if (id !== undefined && !(Number(listedAt.get(id)) < sentAt)) {
          own?.add(id);
          const { moduleCode } = Object(bodyOf(call)) as { moduleCode?: unknown };
          if (done.id === makers.lock) mine.locks.set(String(moduleCode), id);
        }
        const used = done === kind.remover ? usedUpBy(done) : undefined;
        if (used) forget(kind, sentValue(call, used.in, used.name) ?? '', mine);
      }
    },
    leftBehind() {
      return [...all.values()].flatMap(({ identity: { userId }, own }) =>
        [...own].flatMap(([{ name }, left]) => [...left].map((id) => `${name} ${id} of user ${userId}`)),
      );
    },
    [Symbol.iterator]: () => all.values(),
  };
}
