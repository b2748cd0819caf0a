import type { Contract, Operation } from '@koodrive-backup/spec/contract';
import type { Clock } from '../http/clock.ts';
import { inParallel } from '../http/in-parallel.ts';
import { type Exchange, type Identity, LimitReached, type Session } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { bodyOf, type Call, type Change, changed, sentValue, withBody, withFields, withValues } from './call.ts';
import { fieldsOf, idIn, type Kind, kindsOf, makers, placesOf, usedUpBy } from './kinds.ts';
import { lockSeconds } from './lifetimes.ts';

/** What a check needs could not be had from the provider. */
export class FixtureMissing extends Error {
  override name = 'FixtureMissing';
}

/** Makes calls that are accepted now, and what they need: a bound device, a live lock, a record. */
export interface Fixtures {
  /** An operation by its operationId. */
  operation(id: string): Operation;
  /**
   * A call to an operation that is accepted, on what all checks share.
   *
   * @param given What differs: it takes the place of what is shared, which is not made then.
   */
  call(operation: Operation, as?: Identity, given?: Change): Promise<Call>;
  /** The call on something of its own in place of the shared that it uses up, with the module's lock free that it takes. */
  renewed(call: Call): Promise<Call>;
  /** Undoes a call, if it was accepted, that stands in the way of the next. */
  settle(exchange: Exchange): Promise<void>;
  /** Removes what a call has made that the provider had to refuse. */
  undo(exchange: Exchange): Promise<void>;
  /** The id of a live lock. */
  lock(as?: Identity): Promise<string>;
  /** The id of a lock that was released. */
  releasedLock(): Promise<string>;
  /** Releases the shared lock if it is this module's, so that the module can be locked. */
  freeLock(moduleCode: string, as?: Identity): Promise<void>;
  /** Modules whose locks the suite can take. */
  lockable(): Promise<string[]>;
  /** A machine code that nobody has. */
  machineCode(): string;
  /** Keeps in mind what an exchange has left behind. */
  observe(exchange: Exchange): void;
  /** Removes what the suite has created, as far as it can be removed. */
  cleanUp(): Promise<void>;
  /** What the suite has created and not removed, each by its kind and id. */
  leftBehind(): string[];
}

/** What is kept in mind of an identity. */
interface Belongings {
  identity: Identity;
  /** The module and the age of the shared lock. */
  locked: { moduleCode: string; takenAt: number } | undefined;
  /** The ids that all checks share. */
  shared: Map<Kind, string>;
  /** All that is there to be removed in the end. */
  own: Map<Kind, Set<string>>;
}

/** For how long a lock is shared, in milliseconds: well within the time that it lasts. */
const lockMs = 0.4 * lockSeconds * 1000;

/**
 * @param run A word that no other run has, of letters and digits.
 * @param givenLock A live lock of the main identity's, where the provider has no operation to take one.
 */
export function createFixtures(
  contract: Contract,
  session: Session,
  clock: Clock,
  main: Identity,
  run: string,
  givenLock?: string,
): Fixtures {
  const kinds = kindsOf(contract);
  const all = new Map<string, Belongings>();
  /** What was there before the suite came. */
  const kept = new Set<string>();
  let counter = 0;
  let modules: string[] | undefined;

  const machineCode = (): string => {
    counter += 1;
    return `conformance_${run}_${counter}`;
  };

  function of(identity: Identity): Belongings {
    const found = all.get(identity.userId);
    if (found) return found;
    const own = new Map(kinds.map((kind) => [kind, new Set<string>()]));
    const made: Belongings = { identity, locked: undefined, shared: new Map(), own };
    all.set(identity.userId, made);
    return made;
  }

  function operation(id: string): Operation {
    const found = contract.operations.find((candidate) => candidate.id === id);
    if (!found) throw new FixtureMissing(`the contract has no ${id}`);
    return found;
  }

  const kindBy = (maker: string): Kind | undefined => kinds.find((kind) => kind.maker.id === maker);

  /** The headers that no caller types. */
  const stamps = (as: Identity): Record<string, string> => ({ 'X-User-Id': as.userId, 'X-Date': clock.past() });

  async function call(operation: Operation, as = main, given: Change = {}): Promise<Call> {
    const { method, path: template, parameters, body } = operation;
    const headers: Call['headers'] = body ? [['Content-Type', 'application/json']] : [];
    let made: Call = { operation, method, template, path: {}, query: [], headers, body: undefined };
    for (const { in: place, name, required, isSetByClient, madeBy, example } of parameters) {
      const key = place === 'header' ? 'headers' : place;
      if (!required || given[key]?.[name] !== undefined) continue;
      const own = isSetByClient ? stamps(as)[name] : await shared(madeBy?.operation, as);
      made = withValues(made, place, name, [own ?? String(example)]);
    }
    if (body && given.body === undefined) {
      made = await withState(withBody(made, Object.values(body.examples)[0] ?? {}), as, given.fields ?? {});
    }
    return changed(made, given);
  }

  async function withState(made: Call, as: Identity, given: Readonly<Record<string, unknown>>): Promise<Call> {
    const { id, body } = made.operation;
    const sent = bodyOf(made) as Record<string, unknown>;
    const fields: Record<string, unknown> = {};
    for (const [name, { 'x-made-by': madeBy }] of fieldsOf(body?.schema)) {
      if (!(name in sent) || name in given) continue;
      const value = await shared(madeBy?.operation, as);
      if (value !== undefined) fields[name] = value;
    }
    if (id === makers.device) fields.machineCode = machineCode();
    if (id === makers.lock && !('moduleCode' in given)) fields.moduleCode = await freeModule(as);
    return withFields(made, fields);
  }

  /** What all checks share of what an operation makes. */
  async function shared(maker: string | undefined, as: Identity): Promise<string | undefined> {
    const kind = maker === undefined ? undefined : kindBy(maker);
    if (!kind) return undefined;
    if (kind.maker.id === makers.lock) return lock(as);
    const found = of(as).shared.get(kind) ?? (await make(kind, as));
    of(as).shared.set(kind, found);
    return found;
  }

  /** Makes something, and returns its id. */
  async function make({ maker, field }: Kind, as: Identity, given?: Change): Promise<string> {
    const { judgement } = await session.send(await call(maker, as, given), { as });
    if (!judgement.isTaken) throw new FixtureMissing(`${maker.id} was not accepted: ${judgement.got}`);
    const id = idIn(judgement.envelope, field);
    if (id === undefined) throw new FixtureMissing(`${maker.id} gave no ${field}`);
    return id;
  }

  function kindOf(maker: string): Kind {
    const kind = kindBy(maker);
    if (!kind) throw new FixtureMissing(`the contract has no ${maker}`);
    return kind;
  }

  async function lock(as = main): Promise<string> {
    if (givenLock !== undefined && as === main) return givenLock;
    const kind = kindOf(makers.lock);
    const mine = of(as);
    const { earliest: now } = clock.now();
    if (mine.locked && now - mine.locked.takenAt > lockMs) await freeLock(mine.locked.moduleCode, as);
    const found = mine.shared.get(kind);
    if (found !== undefined) return found;
    const [moduleCode = ''] = await lockable();
    const id = await make(kind, as, { fields: { moduleCode } });
    mine.shared.set(kind, id);
    mine.locked = { moduleCode, takenAt: now };
    return id;
  }

  /** A module that the suite can lock, and for which it holds no shared lock. */
  async function freeModule(as: Identity): Promise<string> {
    const codes = await lockable();
    const code = codes.findLast((candidate) => candidate !== of(as).locked?.moduleCode);
    if (code === undefined) throw new FixtureMissing('no module can be locked: each has a lock already');
    return code;
  }

  async function freeLock(moduleCode: string, as = main): Promise<void> {
    const mine = of(as);
    const id = mine.shared.get(kindOf(makers.lock));
    if (mine.locked?.moduleCode !== moduleCode || id === undefined) return;
    await remove(kindOf(makers.lock), id, as);
    forget(kindOf(makers.lock), id, mine);
  }

  async function remove({ remover }: Kind, id: string, as: Identity): Promise<Exchange | undefined> {
    const used = remover && usedUpBy(remover);
    const place = remover && placesOf(remover).find(({ name }) => name === used?.name);
    return place && session.send(await call(remover, as, place.change(id)), { as });
  }

  async function undo({ call: { operation: done }, identity, judgement }: Exchange): Promise<void> {
    const kind = kindBy(done.id);
    const id = kind && judgement.isTaken ? idIn(judgement.envelope, kind.field) : undefined;
    if (kind && id !== undefined && !kept.has(id)) await unlessMissing(async () => remove(kind, id, identity));
  }

  async function lockable(): Promise<string[]> {
    if (modules) return modules;
    const kind = kindOf(makers.lock);
    const codes = (kind.maker.body?.schema.properties?.moduleCode?.enum ?? []).map(String);
    const free: string[] = [];
    let got = '';
    for (const moduleCode of codes) {
      const { judgement } = await session.send(await call(kind.maker, main, { fields: { moduleCode } }));
      got = judgement.got;
      if (!judgement.isTaken) continue;
      free.push(moduleCode);
      const id = idIn(judgement.envelope, kind.field);
      if (id !== undefined) await remove(kind, id, main);
    }
    if (free.length === 0) throw new FixtureMissing(`no module can be locked: ${makers.lock} answered ${got}`);
    modules = free;
    return free;
  }

  /** What is gone is neither shared nor removed any more. */
  function forget(kind: Kind, id: string, mine: Belongings): void {
    mine.own.get(kind)?.delete(id);
    if (mine.shared.get(kind) !== id) return;
    mine.shared.delete(kind);
    if (kind.maker.id === makers.lock) mine.locked = undefined;
  }

  return {
    operation,
    call,
    lock,
    freeLock,
    lockable,
    machineCode,

    async releasedLock() {
      const kind = kindOf(makers.lock);
      const id = await make(kind, main);
      await remove(kind, id, main);
      return id;
    },

    async renewed(made) {
      const { operation: target } = made;
      if (target.id === makers.lock) {
        const { moduleCode } = bodyOf(made) as { moduleCode: string };
        if (!(await lockable()).includes(moduleCode)) {
          throw new FixtureMissing(`module ${moduleCode} has a lock that is not the suite's`);
        }
        await freeLock(moduleCode);
      }
      const used = usedUpBy(target);
      const kind = used && kindBy(used.madeBy.operation);
      if (!kind) return made;
      if (used.in !== 'path' && givenLock !== undefined) {
        throw new FixtureMissing('the lock that was given is not released');
      }
      return withValues(made, used.in, used.name, [await make(kind, main)]);
    },

    async settle(exchange) {
      if (exchange.call.operation.id === makers.lock) await undo(exchange);
    },

    undo,

    observe({ call: made, identity, judgement }) {
      if (!judgement.isTaken) return;
      const mine = of(identity);
      const { operation: done } = made;
      const data = judgement.envelope?.data;
      for (const kind of kinds) {
        const own = mine.own.get(kind);
        if (done.method === 'GET' && Array.isArray(data)) {
          for (const item of data)
            if (isObject(item) && !own?.has(`${item[kind.field]}`)) kept.add(`${item[kind.field]}`);
        }
        const id = idIn(judgement.envelope, kind.field);
        if (done === kind.maker && id !== undefined && !kept.has(id)) own?.add(id);
        const used = done === kind.remover ? usedUpBy(done) : undefined;
        if (used) forget(kind, sentValue(made, used.in, used.name) ?? '', mine);
      }
    },

    leftBehind() {
      return [...all.values()].flatMap(({ identity: { userId }, own }) =>
        [...own].flatMap(([{ name }, left]) => [...left].map((id) => `${name} ${id} of user ${userId}`)),
      );
    },

    async cleanUp() {
      for (const { identity: as, own } of all.values()) {
        for (const [kind, left] of own) {
          // What stands in the way of one must not leave the others behind.
          await unlessMissing(async () => {
            // Taken before all that need it at once: only one of them would get it.
            const isLocked =
              kind.remover && placesOf(kind.remover).some(({ madeBy }) => madeBy.operation === makers.lock);
            if (isLocked && kind.maker.id !== makers.lock && left.size > 0) await lock(as);
            await inParallel([...left], async (id) => {
              const exchange = await remove(kind, id, as);
              // A lock that is refused has expired.
              if (kind.maker.id === makers.lock && exchange?.judgement.isDenied) left.delete(id);
            });
          });
        }
      }
    },
  };
}

/** Does something as far as what it needs can be had. */
export async function unlessMissing(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FixtureMissing || error instanceof LimitReached)) throw error;
  }
}
