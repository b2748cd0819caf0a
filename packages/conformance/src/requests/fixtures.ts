import type { Contract, MadeBy, Operation } from '@koodrive-backup/spec/contract';
import type { Clock } from '../http/clock.ts';
import { type Exchange, type Identity, inParallel, LimitReached, type Session } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { bodyOf, type Call, withBody, withFields, withValues } from './call.ts';
import { lockSeconds } from './lifetimes.ts';

/** What a check needs could not be had from the provider. */
export class FixtureMissing extends Error {
  override name = 'FixtureMissing';
}

/** Makes calls that are accepted now, and what they need: a bound device, a live lock, a record. */
export interface Fixtures {
  /** An operation by its operationId. */
  operation(id: string): Operation;
  /** A call to an operation that is accepted, on what is shared by all checks. */
  call(operation: Operation, as?: Identity): Promise<Call>;
  /** A call with nothing but its user and the time: what else the operation needs, the caller puts to it. */
  bare(operation: Operation, as?: Identity): Call;
  /** The call on something of its own in place of the shared that it uses up, with the module's lock free that it takes. */
  renewed(call: Call): Promise<Call>;
  /** Undoes a call, if it was accepted, that stands in the way of the next. */
  settle(exchange: Exchange): Promise<void>;
  /** The id of a live lock. */
  lock(as?: Identity): Promise<string>;
  /** Takes the lock of a module that is free, and gives its id. The module's shared lock is released before. */
  takeLock(moduleCode?: string, as?: Identity): Promise<string>;
  /** The id of a lock that was released. */
  releasedLock(): Promise<string>;
  /** Releases the shared lock if it is this module's, so that the module can be locked. */
  freeLock(moduleCode: string, as?: Identity): Promise<void>;
  /** Modules whose locks the suite can take. */
  lockable(): Promise<string[]>;
  /** Creates what a value stands for that only the provider can make; `undefined` if the suite cannot. */
  make(madeBy: MadeBy): ((as?: Identity) => Promise<string>) | undefined;
  /** A new device's id. */
  bindDevice(as?: Identity): Promise<string>;
  /** A new record, as it was answered. */
  createRecord(fields?: Record<string, unknown>, as?: Identity): Promise<Record<string, unknown>>;
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
  lock: { id: string; moduleCode: string; takenAt: number } | undefined;
  device: string | undefined;
  record: string | undefined;
  /** All that is there to be removed in the end. */
  locks: Set<string>;
  devices: Set<string>;
  records: Set<string>;
}

/** The operations by which the suite gets hold of what it needs: their answers are the only ones it reads by name. */
const ids = {
  takeLock: 'createBackupLock',
  releaseLock: 'releaseBackupLock',
  bindDevice: 'bindDevice',
  listDevices: 'listBoundDevice',
  unbindDevice: 'unbindDevice',
  createRecord: 'createBackupRecord',
  deleteRecord: 'deleteBackupRecord',
} as const;

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
  const all = new Map<string, Belongings>();
  const kept = new Set<string>();
  let counter = 0;
  let modules: string[] | undefined;

  const machineCode = (): string => {
    counter += 1;
    return `conformance_${run}_${counter}`;
  };

  const of = (identity: Identity): Belongings => {
    const found = all.get(identity.userId);
    if (found) return found;
    const made = {
      identity,
      lock: undefined,
      device: undefined,
      record: undefined,
      locks: new Set<string>(),
      devices: new Set<string>(),
      records: new Set<string>(),
    };
    all.set(identity.userId, made);
    return made;
  };

  function operation(id: string): Operation {
    const found = contract.operations.find((candidate) => candidate.id === id);
    if (!found) throw new FixtureMissing(`the contract has no ${id}`);
    return found;
  }

  async function call(operation: Operation, as = main): Promise<Call> {
    const { method, path: template, parameters, body } = operation;
    let made: Call = {
      operation,
      method,
      template,
      path: {},
      query: [],
      headers: body ? [['Content-Type', 'application/json']] : [],
      body: undefined,
    };
    for (const { in: place, name, required, isSetByClient, madeBy, example } of parameters) {
      if (!required) continue;
      const own = isSetByClient ? stamps(as)[name] : await shared(madeBy, as);
      made = withValues(made, place, name, [own ?? String(example)]);
    }
    if (!body) return made;
    made = withBody(made, Object.values(body.examples)[0] ?? {});
    return withState(made, as);
  }

  async function withState(made: Call, as: Identity): Promise<Call> {
    const body = JSON.parse(`${made.body}`) as Record<string, unknown>;
    const schemas = made.operation.body?.schema.properties ?? {};
    const fields: Record<string, unknown> = {};
    for (const name of Object.keys(body)) {
      const value = await shared(schemas[name]?.['x-made-by'], as);
      if (value !== undefined) fields[name] = value;
    }
    if (made.operation.id === ids.bindDevice) fields.machineCode = machineCode();
    if (made.operation.id === ids.takeLock && !fields.moduleCode) fields.moduleCode = await freeModule(as);
    return withFields(made, fields);
  }

  /** The headers that no caller types. */
  const stamps = (as: Identity): Record<string, string> => ({ 'X-User-Id': as.userId, 'X-Date': clock.past() });

  /** How the suite obtains the values that an operation makes: one that all checks share, or a new one. */
  const makers: Record<
    string,
    { shared: (as: Identity) => Promise<string>; fresh: (as?: Identity) => Promise<string> }
  > = {
    [ids.takeLock]: { shared: lock, fresh: (as) => takeLock(undefined, as) },
    [ids.bindDevice]: {
      async shared(as) {
        const mine = of(as);
        mine.device ??= await bindDevice(as);
        return mine.device;
      },
      fresh: bindDevice,
    },
    [ids.createRecord]: {
      async shared(as) {
        const mine = of(as);
        mine.record ??= await newRecordId(as);
        return mine.record;
      },
      fresh: newRecordId,
    },
  };

  async function shared(madeBy: MadeBy | undefined, as: Identity): Promise<string | undefined> {
    return madeBy && makers[madeBy.operation]?.shared(as);
  }

  async function newRecordId(as?: Identity): Promise<string> {
    const { recordId } = await createRecord({}, as);
    return String(recordId);
  }

  /** Sends a call that has to be accepted, and gives what `data` has by this name. */
  async function obtain(made: Call, as: Identity): Promise<Record<string, unknown>> {
    const { judgement } = await session.send(made, { as });
    const data = judgement.envelope?.data;
    if (!judgement.isTaken) throw new FixtureMissing(`${made.operation.id} was not accepted: ${judgement.got}`);
    return isObject(data) ? data : {};
  }

  async function bindDevice(as = main): Promise<string> {
    const { deviceId } = await obtain(await call(operation(ids.bindDevice), as), as);
    if (deviceId === undefined) throw new FixtureMissing(`${ids.bindDevice} gave no deviceId`);
    return String(deviceId);
  }

  async function createRecord(fields: Record<string, unknown> = {}, as = main): Promise<Record<string, unknown>> {
    const data = await obtain(withFields(await call(operation(ids.createRecord), as), fields), as);
    if (data.recordId === undefined) throw new FixtureMissing(`${ids.createRecord} gave no recordId`);
    return data;
  }

  async function lock(as = main): Promise<string> {
    if (givenLock !== undefined && as === main) return givenLock;
    const mine = of(as);
    const { earliest: now } = clock.now();
    if (mine.lock && now - mine.lock.takenAt > lockMs) await freeLock(mine.lock.moduleCode, as);
    if (!mine.lock) {
      const [moduleCode = ''] = await lockable();
      mine.lock = { id: await takeLock(moduleCode, as), moduleCode, takenAt: now };
    }
    return mine.lock.id;
  }

  async function takeLock(moduleCode?: string, as = main): Promise<string> {
    const code = moduleCode ?? (await freeModule(as));
    await freeLock(code, as);
    const { lockId } = await obtain(withFields(bare(operation(ids.takeLock), as), { moduleCode: code }), as);
    if (lockId === undefined) throw new FixtureMissing(`${ids.takeLock} gave no lockId`);
    return String(lockId);
  }

  function bare(operation: Operation, as = main): Call {
    const { method, path: template, body } = operation;
    const made: Call = { operation, method, template, path: {}, query: [], headers: [], body: undefined };
    const headers = Object.entries(stamps(as));
    if (!body) return { ...made, headers };
    return withBody({ ...made, headers: [['Content-Type', 'application/json'], ...headers] }, {});
  }

  /** A module that the suite can lock, and for which it holds no shared lock. */
  async function freeModule(as: Identity): Promise<string> {
    const codes = await lockable();
    const code = codes.findLast((candidate) => candidate !== of(as).lock?.moduleCode);
    if (code === undefined) throw new FixtureMissing('no module can be locked: each has a lock already');
    return code;
  }

  async function freeLock(moduleCode: string, as = main): Promise<void> {
    const mine = of(as);
    if (mine.lock?.moduleCode !== moduleCode) return;
    await release(mine.lock.id, as);
    mine.lock = undefined;
  }

  async function release(lockId: string, as: Identity): Promise<Exchange> {
    const releasing = bare(operation(ids.releaseLock), as);
    return session.send(withValues(releasing, 'header', 'x-backup-lock-id', [lockId]), { as });
  }

  async function lockable(): Promise<string[]> {
    if (modules) return modules;
    const taking = operation(ids.takeLock);
    const codes = (taking.body?.schema.properties?.moduleCode?.enum ?? []).map(String);
    const free: string[] = [];
    let got = '';
    for (const code of codes) {
      const { judgement } = await session.send(withFields(bare(taking), { moduleCode: code }));
      got = judgement.got;
      if (!judgement.isTaken) continue;
      free.push(code);
      const { data } = judgement.envelope ?? {};
      if (isObject(data)) await release(String(data.lockId), main);
    }
    if (free.length === 0) throw new FixtureMissing(`no module can be locked: ${ids.takeLock} answered ${got}`);
    modules = free;
    return free;
  }

  return {
    operation,
    call,
    bare,
    lock,
    takeLock,
    freeLock,
    lockable,
    bindDevice,
    createRecord,
    machineCode,

    make: ({ operation: id }) => makers[id]?.fresh,

    async releasedLock() {
      const id = await takeLock();
      await release(id, main);
      return id;
    },

    async renewed(call) {
      const { operation: target } = call;
      if (target.id === ids.takeLock) {
        const { moduleCode } = bodyOf(call) as { moduleCode: string };
        if (!(await lockable()).includes(moduleCode)) {
          throw new FixtureMissing(`module ${moduleCode} has a lock that is not the suite's`);
        }
        await freeLock(moduleCode);
      }
      if (target.method !== 'DELETE') return call;
      // A DELETE uses up what its path names or, if its path names nothing, the lock in its header.
      const named = target.parameters.filter(({ madeBy }) => madeBy);
      const used = named.find((parameter) => parameter.in === 'path') ?? named[0];
      if (!used?.madeBy) return call;
      if (used.in !== 'path' && givenLock !== undefined) {
        throw new FixtureMissing('the lock that was given is not released');
      }
      const id = await makers[used.madeBy.operation]?.fresh();
      return id === undefined ? call : withValues(call, used.in, used.name, [id]);
    },

    async settle({ call: { operation: done }, identity, judgement }) {
      const { data } = judgement.envelope ?? {};
      if (done.id === ids.takeLock && judgement.isTaken && isObject(data)) await release(String(data.lockId), identity);
    },

    observe({ call: { operation: done, headers, path }, identity, judgement }) {
      if (!judgement.isTaken) return;
      const mine = of(identity);
      const { data } = judgement.envelope ?? {};
      if (done.id === ids.listDevices && Array.isArray(data) && mine.devices.size === 0) {
        for (const device of data) if (isObject(device)) kept.add(String(device.deviceId));
      }
      if (done.id === ids.releaseLock) {
        const released = headers.find(([name]) => name === 'x-backup-lock-id')?.[1];
        if (released !== undefined) mine.locks.delete(released);
        if (released === mine.lock?.id) mine.lock = undefined;
      }
      if (done.id === ids.unbindDevice) mine.devices.delete(path.deviceId ?? '');
      if (done.id === ids.deleteRecord) mine.records.delete(path.recordId ?? '');
      if (!isObject(data)) return;
      if (done.id === ids.takeLock) mine.locks.add(String(data.lockId));
      if (done.id === ids.bindDevice && !kept.has(String(data.deviceId))) mine.devices.add(String(data.deviceId));
      if (done.id === ids.createRecord) mine.records.add(String(data.recordId));
    },

    leftBehind() {
      return [...all.values()].flatMap(({ identity: { userId }, records, devices, locks }) =>
        Object.entries({ record: records, device: devices, lock: locks }).flatMap(([kind, left]) =>
          [...left].map((id) => `${kind} ${id} of user ${userId}`),
        ),
      );
    },

    async cleanUp() {
      for (const { identity: as, records, devices, locks } of all.values()) {
        // What stands in the way of one must not leave the others behind.
        await unlessMissing(async () => {
          const removing = operation(ids.deleteRecord);
          // Taken before all that need it at once: only one of them would get it.
          const lockId = records.size > 0 ? await lock(as) : '';
          await inParallel([...records], async (recordId) => {
            const made = { ...bare(removing, as), path: { recordId } };
            await session.send(withValues(made, 'header', 'x-backup-lock-id', [lockId]), { as });
          });
        });
        await unlessMissing(() =>
          inParallel([...devices], (deviceId) =>
            session.send({ ...bare(operation(ids.unbindDevice), as), path: { deviceId } }, { as }),
          ),
        );
        await unlessMissing(() =>
          inParallel([...locks], async (id) => {
            const { judgement } = await release(id, as);
            // A lock that is refused has expired.
            if (judgement.isDenied) locks.delete(id);
          }),
        );
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
