import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { type Change, without } from './life.ts';

type Data = Record<string, unknown>;

/**
 * What a provider holds of locks and records, as far as it follows from its answers and the errata. What those leave
 * open, the model takes from the provider. What was made last is in front.
 */
export interface LifeModel {
  readonly locks: LockModel[];
  readonly records: RecordModel[];
  /** The device of which all records of a user are. */
  readonly devices: Map<Identity, string>;
}

/** A lock that was taken. */
export interface LockModel {
  readonly id: string;
  readonly owner: Identity;
  readonly moduleCode: string;
  isLive: boolean;
}

/** A record that was created. */
export interface RecordModel {
  readonly owner: Identity;
  /** As it has to be read. */
  data: Data;
  /** Whether it was completed, and no answer has told yet when. */
  isEndUnknown: boolean;
  /** Whether it was to be deleted, and has been removed since. */
  isRemoved: boolean;
}

/** A request, and what has to become of it after all that went before. */
export interface Step {
  operation: string;
  change: Change & { as: Identity };
  /** `either`: both are right, and the model learns which it was. */
  verdict: 'accepted' | 'refused' | 'either';
  /** What decides it, in a few words. */
  why: string;
  /** The erratum that decides it. */
  pointer: string;
  /** Takes a success into the model, and tells what of it is not as it has to be. */
  accept?: (envelope: Data) => Difference | undefined;
  /** Takes a refusal into the model, where that says anything new. */
  refuse?: () => void;
}

/** What an answer has to hold, and what it holds. */
interface Difference {
  expected: string;
  got: string;
}

/** What a step is about. */
interface Subject {
  as: Identity;
  lock?: LockModel;
  record?: RecordModel;
}

/** Asks for the lock of a module. */
export function takeLock(model: LifeModel, as: Identity, moduleCode: string): Step {
  const known = model.locks.filter((lock) => lock.owner === as && lock.moduleCode === moduleCode);
  const isHeld = known.some(({ isLive }) => isLive);
  return {
    operation: 'createBackupLock',
    change: { as, fields: { moduleCode } },
    // Somebody else may act for the same user: only who has had the lock knows that it is free.
    verdict: isHeld ? 'refused' : known.length > 0 ? 'accepted' : 'either',
    why: `the module has ${isHeld ? 'a' : 'no'} live lock`,
    pointer: 'errata.md#e12',
    accept: ({ data }) => {
      if (!isObject(data)) return undefined;
      model.locks.unshift({ id: String(data.lockId), owner: as, moduleCode, isLive: true });
      return undefined;
    },
  };
}

/** Renews a lock. That it lasts longer then is beyond a model without time. */
export function renewLock(as: Identity, lock: LockModel): Step {
  return step('renewalBackupLock', 'errata.md#e13', { as, lock });
}

/** Releases a lock: from then on it is good for nothing. */
export function releaseLock(as: Identity, lock: LockModel): Step {
  return {
    ...step('releaseBackupLock', 'errata.md#e13', { as, lock }),
    accept: () => {
      lock.isLive = false;
      return undefined;
    },
  };
}

/** Creates a record. */
export function createRecord(
  model: LifeModel,
  as: Identity,
  lock: LockModel,
  fields: { moduleCode: string; properties?: string },
): Step {
  const sent = { deviceId: model.devices.get(as), properties: undefined, ...fields };
  return {
    ...step('createBackupRecord', 'errata.md#e14', { as, lock }, { fields: sent }),
    accept: ({ data }) => {
      if (!isObject(data)) return undefined;
      const expected = { ...without(data, 'properties', 'endTime'), ...fields, status: 0, version: 1 };
      model.records.unshift({ owner: as, data: expected, isEndUnknown: false, isRemoved: false });
      return difference(expected, data);
    },
  };
}

/** Reads a record. */
export function readRecord(as: Identity, record: RecordModel): Step {
  return {
    ...step('getBackupRecord', 'errata.md#e15', { as, record }),
    accept: ({ data }) => {
      if (!isObject(data)) return undefined;
      if (record.isEndUnknown) {
        record.data = { ...record.data, endTime: data.endTime ?? 'when it was completed' };
        record.isEndUnknown = false;
      }
      return difference(record.data, data);
    },
  };
}

/** Lists the records of a module. */
export function listRecords(model: LifeModel, as: Identity, moduleCode: string): Step {
  const deviceId = model.devices.get(as) ?? '';
  return {
    operation: 'listBackupRecord',
    change: { as, query: { moduleCode, deviceId, pageSize: '100' } },
    verdict: 'accepted',
    why: 'a list',
    pointer: 'errata.md#e16',
    accept: ({ data }) => {
      if (!Array.isArray(data)) return undefined;
      const listed = new Map(data.filter(isObject).map((one) => [String(one.recordId), one]));
      const records = model.records.filter(
        ({ owner, data, isRemoved }) => owner === as && data.moduleCode === moduleCode && !isRemoved,
      );
      // One that is to be deleted may be removed at any time.
      const left = records.filter((record) => listed.has(idOf(record)) || record.data.status !== 2);
      const times = [...listed.values()].map(({ createTime }) => createTime);
      return (
        difference({ recordIds: left.map(idOf).sort() }, { recordIds: [...listed.keys()].sort() }) ??
        // Which of two of one millisecond is in front is the provider's affair.
        difference({ createTimes: times.toSorted().reverse() }, { createTimes: times }) ??
        left.map((record) => shown(record, listed.get(idOf(record)) ?? {})).find((found) => found !== undefined)
      );
    },
  };
}

/** Looks at all that a model has, and teaches it nothing. */
export function* glances(model: LifeModel): Generator<Step> {
  const { records, locks } = model;
  for (const record of records) {
    const { refuse: _, ...step } = readRecord(record.owner, record);
    yield { ...step, accept: ({ data }) => (isObject(data) ? shown(record, data) : undefined) };
  }
  const lists = new Map(records.map(({ owner, data }) => [`${owner.userId} ${data.moduleCode}`, { owner, data }]));
  for (const { owner, data } of lists.values()) yield listRecords(model, owner, String(data.moduleCode));
  for (const lock of locks.toSorted((a, b) => Number(a.isLive) - Number(b.isLive))) yield renewLock(lock.owner, lock);
}

/** Completes a record, with properties or as it is. */
export function completeRecord(
  as: Identity,
  lock: LockModel,
  record: RecordModel,
  fields: { properties?: string },
): Step {
  const { data } = record;
  const made = step('completeBackup', 'errata.md#e17', { as, lock, record }, { fields });
  // A refusal does not tell whether the record has been removed.
  const { refuse: _, ...rest } = made;
  if (made.verdict === 'either') return { ...rest, verdict: 'refused', pointer: 'errata.md#e17' };
  return {
    ...made,
    accept: () => {
      const isSame = fields.properties === undefined || fields.properties === data.properties;
      if (data.status === 1 && isSame) return undefined;
      if (data.status === 0) record.isEndUnknown = true;
      change(record, { ...fields, status: 1 });
      return undefined;
    },
  };
}

/** Deletes a record. */
export function deleteRecord(as: Identity, lock: LockModel, record: RecordModel): Step {
  return {
    ...step('deleteBackupRecord', 'errata.md#e18', { as, lock, record }),
    accept: () => {
      if (record.data.status !== 2) change(record, { status: 2 });
      return undefined;
    },
  };
}

const statusWords = ['new', 'complete', 'to be deleted'];

/** A step whose verdict follows from its lock and its record. */
function step(operation: string, pointer: string, { as, lock, record }: Subject, more: Partial<Change> = {}): Step {
  const path = record && { path: { recordId: idOf(record) } };
  const headers = lock && { headers: { 'x-backup-lock-id': lock.id } };
  const made = { operation, change: { as, ...path, ...headers, ...more } };
  const refused = (why: string, by: string): Step => ({ ...made, verdict: 'refused', why, pointer: by });
  if (lock && lock.owner !== as) return refused("the lock is another user's", 'errata.md#e14');
  if (lock && !lock.isLive) return refused('the lock was released', 'errata.md#e13');
  if (!record) return { ...made, verdict: 'accepted', why: 'the lock is live', pointer };
  if (record.owner !== as) return refused("the record is another user's", 'errata.md#e15');
  if (record.isRemoved) return refused('the record was removed', 'errata.md#e18');
  const why = `the record is ${statusWords[Number(record.data.status)]}`;
  if (record.data.status !== 2) return { ...made, verdict: 'accepted', why, pointer };
  // When it is removed is not promised.
  const refuse = (): void => {
    record.isRemoved = true;
  };
  return { ...made, verdict: 'either', why, pointer: 'errata.md#e18', refuse };
}

function change(record: RecordModel, changes: Data): void {
  record.data = { ...record.data, ...changes, version: Number(record.data.version) + 1 };
}

/** How a record differs from what is shown of it, but for an endTime that only reading the record tells. */
function shown({ data, isEndUnknown }: RecordModel, got: Data): Difference | undefined {
  return isEndUnknown ? difference(without(data, 'endTime'), without(got, 'endTime')) : difference(data, got);
}

const idOf = ({ data }: RecordModel): string => String(data.recordId);

/** The members in which two objects differ. */
function difference(expected: Data, got: Data): Difference | undefined {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  const differing = [...names].filter((name) => !isDeepStrictEqual(expected[name], got[name]));
  if (differing.length === 0) return undefined;
  const shown = (data: Data): string =>
    JSON.stringify(Object.fromEntries(differing.map((name) => [name, data[name] ?? null])));
  return { expected: shown(expected), got: shown(got) };
}
