import type { Contract, Operation } from '@koodrive-backup/spec/contract';
import type { Clock } from '../http/clock.ts';
import { inParallel } from '../http/in-parallel.ts';
import { type Exchange, type Identity, LimitReached, type Session } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { type Belongings, createBelongings } from './belongings.ts';
import { bodyOf, type Call, type Change, changed, withBody, withFields, withValues } from './call.ts';
import { createKeeper } from './keeper.ts';
import { fieldsOf, idIn, type Kind, kindsOf, makers, placesOf, usedUpBy } from './kinds.ts';
import { safeLockMs } from './lifetimes.ts';

type Data = Record<string, unknown>;

/** The provider did not supply what a check needs. */
export class FixtureMissing extends Error {
  override name = 'FixtureMissing';
}

/** Creates calls that the provider accepts now, and the devices, locks and records that they need. */
export interface Fixtures {
  /** Returns an operation by its operationId. */
  operation(id: string): Operation;
  /**
   * Returns a call that the operation accepts. It uses the lock, record and device that all checks share.
   *
   * @param given Values that replace the default ones. A shared thing that they replace is not created.
   */
  call(operation: Operation, as?: Identity, given?: Change): Promise<Call>;
  /**
   * Rebuilds a call that removes something or takes a lock: creates a new thing for it to remove, or frees the lock
   * that it takes.
   */
  renewed(call: Call): Promise<Call>;
  /** Undoes an accepted call that would block the next one. */
  settle(exchange: Exchange): Promise<void>;
  /** Removes what a call created that the provider should have refused. */
  undo(exchange: Exchange): Promise<void>;
  /** Returns the id of a live lock. */
  lock(as?: Identity): Promise<string>;
  /** Returns how long ago the shared lock was taken or renewed, by the provider's clock, in milliseconds. */
  lockAge(): number;
  /** Returns the id of a lock that was released. */
  releasedLock(): Promise<string>;
  /** Releases the lock that the suite holds for a module, if it holds one. */
  freeLock(moduleCode: string, as?: Identity): Promise<void>;
  /** Returns a module that nobody has locked, not even the suite. It is not the module of the shared lock. */
  freeModule(as?: Identity): Promise<string>;
  /** Returns the modules whose locks the suite can take. */
  lockable(): Promise<string[]>;
  /** Whether another run of the suite is at work for a user. It may hold any lock that this run does not hold. */
  hasCompany(as?: Identity): Promise<boolean>;
  /** Returns a machine code that no device has. */
  machineCode(): string;
  /** Records what an exchange created or removed. */
  observe(exchange: Exchange): void;
  /** Removes what the suite created, as far as the provider allows. */
  cleanUp(): Promise<void>;
  /** Returns the kind and id of each thing that the suite created and did not remove. */
  leftBehind(): string[];
}

const notTested = (id: string): FixtureMissing =>
  new FixtureMissing(
    `the check needs ${id}, which is not among the tested operations${id === makers.lock ? ', or --lock-id' : ''}`,
  );

/**
 * Returns an operation by its operationId.
 *
 * @throws FixtureMissing if it is not tested.
 */
export function operationOf({ operations }: Contract, id: string): Operation {
  const found = operations.find((candidate) => candidate.id === id);
  if (!found) throw notTested(id);
  return found;
}

/** The prefix of the machine codes of every run. */
const codePrefix = 'conformance_';

/** A device of another run shows that the run is at work, unless it is older than this, in milliseconds. */
const runMs = 1_800_000;

/**
 * Creates the fixtures of a run.
 *
 * @param run A word of letters and digits that is unique to the run.
 * @param givenLock A live lock of the main identity, if the provider has no operation to take one.
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
  const belongings = createBelongings(kinds, (kind, mine, use) =>
    use === 'shared' && kind.maker.id === makers.lock ? takeSharedLock(mine) : make(kind, mine.identity),
  );
  const { of, forget } = belongings;
  let counter = 0;

  const machineCode = (): string => {
    counter += 1;
    return `${codePrefix}${run}_${counter}`;
  };

  function isOfOtherRun({ machineCode: code, createTime }: Data): boolean {
    const isRecent = createTime === undefined || Date.parse(`${createTime}`) > clock.now().earliest - runMs;
    return isRecent && `${code}`.startsWith(codePrefix) && !`${code}`.startsWith(`${codePrefix}${run}_`);
  }

  const kindBy = (maker: string): Kind | undefined => kinds.find((kind) => kind.maker.id === maker);

  /** Returns the headers that the client sets by itself. */
  const stamps = (as: Identity): Record<string, string> => ({ 'X-User-Id': as.userId, 'X-Date': clock.past() });

  async function call(operation: Operation, as = main, given: Change = {}): Promise<Call> {
    const { method, path: template, parameters, body } = operation;
    const headers: Call['headers'] = body ? [['Content-Type', 'application/json']] : [];
    let made: Call = { operation, method, template, path: {}, query: [], headers, body: undefined };
    for (const { in: place, name, required, isSetByClient, madeBy, example } of parameters) {
      const key = place === 'header' ? 'headers' : place;
      if (!required || given[key]?.[name] !== undefined) continue;
      const own = isSetByClient ? stamps(as)[name] : madeBy && (await supplied(operation, name, madeBy.operation, as));
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
      // If no operation creates it, use the example: a body need not name a thing that exists (errata, E15).
      const isMade = madeBy !== undefined && kindBy(madeBy.operation) !== undefined;
      if (isMade && name in sent && !(name in given)) fields[name] = await shared(madeBy.operation, as);
    }
    if (id === makers.device) fields.machineCode = machineCode();
    if (id === makers.lock && !('moduleCode' in given)) fields.moduleCode = await freeModule(as);
    return withFields(made, fields);
  }

  /** Returns the id of a thing for an operation: a spare one if the operation removes it, otherwise the shared one. */
  async function supplied(target: Operation, name: string, maker: string, as: Identity): Promise<string> {
    if (isGiven(maker, as) || usedUpBy(target)?.name !== name) return shared(maker, as);
    return of(as).spare(kindOf(maker)).get();
  }

  /** Returns the id of the shared thing that an operation creates. */
  async function shared(maker: string, as: Identity): Promise<string> {
    return maker === makers.lock ? lock(as) : of(as).shared(kindOf(maker)).get();
  }

  const isGiven = (maker: string, as: Identity): boolean =>
    givenLock !== undefined && as === main && maker === makers.lock;

  /** Creates a thing and returns its id. */
  async function make({ maker, field }: Kind, as: Identity, given?: Change): Promise<string> {
    const { judgement } = await session.send(await call(maker, as, given), { as });
    if (!judgement.isTaken) throw new FixtureMissing(`${maker.id} was not accepted: ${judgement.got}`);
    const id = idIn(judgement.envelope, field);
    if (id === undefined) throw new FixtureMissing(`${maker.id} returned no ${field}`);
    return id;
  }

  function kindOf(maker: string): Kind {
    const kind = kindBy(maker);
    if (!kind) throw notTested(maker);
    return kind;
  }

  async function lock(as = main): Promise<string> {
    if (givenLock !== undefined && isGiven(makers.lock, as)) return givenLock;
    const kind = kindOf(makers.lock);
    const mine = of(as);
    const id = await mine.shared(kind).get();
    if (clock.now().earliest - mine.lockedAt < safeLockMs) return id;
    mine.renewing ??= renewSharedLock(mine, id).finally(() => {
      mine.renewing = undefined;
    });
    await mine.renewing;
    return mine.shared(kind).get();
  }

  async function takeSharedLock(mine: Belongings): Promise<string> {
    const [moduleCode = ''] = await lockable.get();
    mine.lockedAt = clock.now().earliest;
    return make(kindOf(makers.lock), mine.identity, { fields: { moduleCode } });
  }

  /** Renews the shared lock, which other requests may be using. If the renewal is refused, it has expired: drops it. */
  async function renewSharedLock(mine: Belongings, id: string): Promise<void> {
    const now = clock.now().earliest;
    const { identity: as } = mine;
    const renewing = contract.operations.find((one) => one.id === 'renewalBackupLock');
    const change = renewing && placesOf(renewing)[0]?.change(id);
    const exchange = renewing && (await session.send(await call(renewing, as, change), { as }));
    if (exchange?.judgement.isTaken) mine.lockedAt = now;
    else await freeLock([...mine.locks].find(([, held]) => held === id)?.[0] ?? '', as);
  }

  async function freeModule(as = main): Promise<string> {
    const codes = await lockable.get();
    const code = codes.at(-1);
    // The first module is for the lock that all checks share.
    const isShared = codes.length < 2 && !isGiven(makers.lock, as);
    if (code === undefined || isShared)
      throw new FixtureMissing('no second module can be locked: all others have a lock already');
    await freeLock(code, as);
    return code;
  }

  async function freeLock(moduleCode: string, as = main): Promise<void> {
    const id = of(as).locks.get(moduleCode);
    if (id === undefined) return;
    await remove(kindOf(makers.lock), id, as);
    forget(kindOf(makers.lock), id, of(as));
  }

  async function remove({ remover }: Kind, id: string, as: Identity): Promise<Exchange | undefined> {
    const used = remover && usedUpBy(remover);
    const place = remover && placesOf(remover).find(({ name }) => name === used?.name);
    return place && session.send(await call(remover, as, place.change(id)), { as });
  }

  async function undo({ call: { operation: done }, identity, judgement }: Exchange): Promise<void> {
    const kind = kindBy(done.id);
    const id = kind && judgement.isTaken ? idIn(judgement.envelope, kind.field) : undefined;
    if (kind && id !== undefined && of(identity).own.get(kind)?.has(id))
      await unlessMissing(async () => remove(kind, id, identity));
  }

  const lockable = createKeeper(async () => {
    const kind = kindOf(makers.lock);
    const codes = (kind.maker.body?.schema.properties?.moduleCode?.enum ?? []).map(String);
    const free: string[] = [];
    let got = '';
    // The device shows other runs that this one is at work, and may hold locks.
    await unlessMissing(() => shared(makers.device, main));
    for (const moduleCode of codes) {
      const { judgement } = await session.send(await call(kind.maker, main, { fields: { moduleCode } }));
      got = judgement.got;
      if (!judgement.isTaken) continue;
      free.push(moduleCode);
      await freeLock(moduleCode);
    }
    if (free.length === 0) throw new FixtureMissing(`no module can be locked: ${makers.lock} answered ${got}`);
    return free;
  });

  const releasedLock = createKeeper(async () => {
    const kind = kindOf(makers.lock);
    const id = await make(kind, main);
    await remove(kind, id, main);
    return id;
  });

  return {
    operation: (id) => operationOf(contract, id),
    call,
    lock,
    lockAge: () => clock.now().earliest - of(main).lockedAt,
    freeLock,
    freeModule,
    lockable: lockable.get,
    releasedLock: releasedLock.get,
    machineCode,

    async hasCompany(as = main) {
      const listing = contract.operations.find(({ id }) => id === 'listBoundDevice');
      if (!listing) return false;
      const { judgement } = await session.send(await call(listing, as), { as });
      const devices = judgement.envelope?.data;
      return Array.isArray(devices) && devices.filter(isObject).some(isOfOtherRun);
    },

    async renewed(made) {
      const { operation: target } = made;
      if (target.id === makers.lock) {
        const { moduleCode } = bodyOf(made) as { moduleCode: string };
        if (!(await lockable.get()).includes(moduleCode)) {
          throw new FixtureMissing(`somebody else holds the lock of module ${moduleCode}`);
        }
        await freeLock(moduleCode);
      }
      const used = usedUpBy(target);
      const kind = used && kindBy(used.madeBy.operation);
      if (!kind) return made;
      if (used.in !== 'path' && givenLock !== undefined) {
        throw new FixtureMissing('the suite does not release the lock that --lock-id gave');
      }
      return withValues(made, used.in, used.name, [await make(kind, main)]);
    },

    async settle(exchange) {
      if (exchange.call.operation.id === makers.lock) await undo(exchange);
    },

    undo,

    observe: belongings.observe,
    leftBehind: belongings.leftBehind,

    async cleanUp() {
      for (const { identity: as, own } of belongings) {
        // Devices come last: while one exists, other runs know that this run may hold locks.
        const isDevice = (kind: Kind): number => Number(kind.maker.id === makers.device);
        for (const [kind, left] of [...own].sort(([a], [b]) => isDevice(a) - isDevice(b))) {
          // A failure with one kind must not keep the other kinds from being removed.
          await unlessMissing(async () => {
            // Take the shared lock first: the removals below are sent at the same time, and all need it.
            const isLocked =
              kind.remover && placesOf(kind.remover).some(({ madeBy }) => madeBy.operation === makers.lock);
            if (isLocked && kind.maker.id !== makers.lock && left.size > 0) await lock(as);
            await inParallel([...left], async (id) => {
              const exchange = await remove(kind, id, as);
              // If the provider refuses to release a lock, it has expired.
              if (kind.maker.id === makers.lock && exchange?.judgement.isDenied) left.delete(id);
            });
          });
        }
      }
    },
  };
}

/** Runs `work`, and ignores it if the provider does not supply what it needs, or no more requests may be sent. */
export async function unlessMissing(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FixtureMissing || error instanceof LimitReached)) throw error;
  }
}
