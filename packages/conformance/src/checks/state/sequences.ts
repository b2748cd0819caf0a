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

/** Makes a step, once it is known what went before. */
export type Move = (model: StateModel) => Step;

/** What a move is made of. */
interface Parts {
  as: Identity;
  moduleCode: string;
  fields: { properties?: string };
  /** Which of the locks, those of the user that are live before the others. */
  lock: number;
  /** Which of the records, those of the user that are not deleted before the others. */
  record: number;
}

/** What a step is about: its parts, with the lock and the record that they name, if there are any. */
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

/** All records of a user are of one device. */
const deviceOf = ({ devices }: StateModel, as: Identity): DeviceModel | undefined =>
  devices.find(({ owner }) => owner === as);

function listOf(model: StateModel, as: Identity, moduleCode: string): ListQuery {
  return { moduleCode, deviceId: deviceOf(model, as)?.id ?? '' };
}

/** Moves of every kind, of the users and the modules given. */
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

/** One of some values, three times out of four the first, which is also what it is shrunk to. */
function mostlyFirst<T>(values: readonly T[]): Arbitrary<T> {
  const weights = values.map((_, i) => (i === 0 ? Math.max(1, 3 * (values.length - 1)) : 1));
  return fc.oneof(
    { withCrossShrink: true },
    ...values.map((value, i) => ({ arbitrary: fc.constant(value), weight: weights[i] ?? 1 })),
  );
}

/** Looks at all that a model has. A list shows as much of a record as reading it does, and takes one request for all. */
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
