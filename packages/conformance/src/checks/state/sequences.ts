import fc, { type Arbitrary } from 'fast-check';
import type { Identity } from '../../http/session.ts';
import { releaseLock, renewLock, takeLock } from './locks.ts';
import { type DeviceModel, isLive, type LockModel, type RecordModel, type StateModel, type Step } from './model.ts';
import {
  completeRecord,
  createListing,
  createRecord,
  deleteRecord,
  type ListQuery,
  readPage,
  readRecord,
} from './records.ts';

/** Creates a step from the current state. */
export type Move = (model: StateModel) => Step;

/** The generated values from which a move creates its step. */
interface Parts {
  as: Identity;
  moduleCode: string;
  fields: { properties?: string };
  /** The index of a lock. The user's live locks come first. */
  lock: number;
  /** The index of a record. The user's records that are not deleted come first. */
  record: number;
}

/** The parts of a step, with the lock and the record at their indexes. Both are `undefined` if none exists. */
type About = Omit<Parts, 'lock' | 'record'> & {
  model: StateModel;
  lock: LockModel | undefined;
  record: RecordModel | undefined;
};

/** Step kinds and their weights. A step whose lock or record does not exist yet creates it instead. */
const kinds: { weight: number; step: (about: About) => Step }[] = [
  { weight: 1, step: take },
  { weight: 1, step: (one) => (one.lock ? renewLock(one.model, one.as, one.lock) : take(one)) },
  { weight: 1, step: (one) => (one.lock ? releaseLock(one.model, one.as, one.lock) : take(one)) },
  { weight: 2, step: create },
  { weight: 2, step: (one) => (one.record ? readRecord(one.model, one.as, one.record) : create(one)) },
  {
    weight: 1,
    step: ({ model, as, moduleCode }) => readPage(model, createListing(model, as, listOf(model, as, moduleCode))),
  },
  {
    weight: 4,
    step: (one) =>
      one.lock && one.record ? completeRecord(one.model, one.as, one.record, one.fields, one.lock) : create(one),
  },
  {
    weight: 2,
    step: (one) => (one.lock && one.record ? deleteRecord(one.model, one.as, one.record, one.lock) : create(one)),
  },
];

function take({ model, as, moduleCode }: About): Step {
  return takeLock(model, as, moduleCode);
}

function create(one: About): Step {
  const { model, as, lock, moduleCode, fields } = one;
  if (!lock) return take(one);
  return createRecord(
    model,
    as,
    { moduleCode, properties: undefined, ...fields },
    { device: deviceOf(model, as), lock },
  );
}

/** Returns the device to which all records of a user belong. */
const deviceOf = ({ devices }: StateModel, as: Identity): DeviceModel | undefined =>
  devices.find(({ owner }) => owner === as);

function listOf(model: StateModel, as: Identity, moduleCode: string): ListQuery {
  return { moduleCode, deviceId: deviceOf(model, as)?.id ?? '' };
}

/** Generates moves of every kind, for these users and modules. */
export function movesOf(users: readonly Identity[], modules: readonly string[]): Arbitrary<Move> {
  const parts = fc.record<Parts>({
    as: mostlyFirst(users),
    moduleCode: mostlyFirst(modules),
    fields: fc.constantFrom({}, { properties: '{"a":1}' }, { properties: '{"b": 2}' }),
    lock: mostlyFirst([0, 1, 2, 3]),
    record: mostlyFirst([0, 1, 2, 3]),
  });
  const moves = kinds.map(({ weight, step }) => ({
    weight,
    arbitrary: parts.map(
      (one): Move =>
        (model) =>
          step(aboutOf(model, one)),
    ),
  }));
  return fc.oneof(...moves);
}

function aboutOf(model: StateModel, { lock, record, ...parts }: Parts): About {
  const locks = inFront(model.locks, (one) => one.owner === parts.as && isLive(model, one));
  const records = inFront(model.records, ({ owner, data }) => owner === parts.as && data.status !== 2);
  return { ...parts, model, lock: locks[lock % locks.length], record: records[record % records.length] };
}

function inFront<T>(items: readonly T[], isInFront: (item: T) => boolean): T[] {
  return [...items.filter(isInFront), ...items.filter((item) => !isInFront(item))];
}

/** Generates one of the values: the first three times out of four. A failing case shrinks to the first. */
function mostlyFirst<T>(values: readonly T[]): Arbitrary<T> {
  const weights = values.map((_, i) => (i === 0 ? Math.max(1, 3 * (values.length - 1)) : 1));
  return fc.oneof(
    { withCrossShrink: true },
    ...values.map((value, i) => ({ arbitrary: fc.constant(value), weight: weights[i] ?? 1 })),
  );
}

/**
 * Returns steps that look at everything in a model. Records are listed, not read, because a list shows the same fields
 * in one request.
 */
export function* glances(model: StateModel): Generator<Step> {
  const { records, locks } = model;
  const lists = new Map(records.map(({ owner, data }) => [`${owner.userId} ${data.moduleCode}`, { owner, data }]));
  for (const { owner, data } of lists.values()) {
    yield readPage(model, createListing(model, owner, listOf(model, owner, String(data.moduleCode))));
  }
  for (const lock of locks.toSorted((a, b) => Number(isLive(model, a)) - Number(isLive(model, b)))) {
    yield renewLock(model, lock.owner, lock);
  }
}
