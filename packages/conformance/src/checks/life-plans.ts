import fc, { type Arbitrary } from 'fast-check';
import type { Identity } from '../http/session.ts';
import {
  completeRecord,
  createRecord,
  deleteRecord,
  type LifeModel,
  type LockModel,
  listRecords,
  type RecordModel,
  readRecord,
  releaseLock,
  renewLock,
  type Step,
  takeLock,
} from './life-model.ts';

/** Gives a step, once it is known what went before. */
export type Plan = (model: LifeModel) => Step;

/** What a plan is made of. */
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
type Subject = Omit<Parts, 'lock' | 'record'> & {
  model: LifeModel;
  lock: LockModel | undefined;
  record: RecordModel | undefined;
};

/** The kinds of steps, and how many there are of each. What one needs and is not there yet, is made in its stead. */
const kinds: { weight: number; step: (subject: Subject) => Step }[] = [
  { weight: 1, step: take },
  { weight: 1, step: (one) => (one.lock ? renewLock(one.as, one.lock) : take(one)) },
  { weight: 1, step: (one) => (one.lock ? releaseLock(one.as, one.lock) : take(one)) },
  { weight: 2, step: create },
  { weight: 2, step: (one) => (one.record ? readRecord(one.as, one.record) : create(one)) },
  { weight: 1, step: ({ model, as, moduleCode }) => listRecords(model, as, moduleCode) },
  {
    weight: 4,
    step: (one) => (one.lock && one.record ? completeRecord(one.as, one.lock, one.record, one.fields) : create(one)),
  },
  {
    weight: 2,
    step: (one) => (one.lock && one.record ? deleteRecord(one.as, one.lock, one.record) : create(one)),
  },
];

function take({ model, as, moduleCode }: Subject): Step {
  return takeLock(model, as, moduleCode);
}

function create(one: Subject): Step {
  const { model, as, lock, moduleCode, fields } = one;
  return lock ? createRecord(model, as, lock, { moduleCode, ...fields }) : take(one);
}

/** Plans of every kind, of the users and the modules given. */
export function plansOf(users: readonly Identity[], modules: readonly string[]): Arbitrary<Plan> {
  const parts = fc.record<Parts>({
    as: mostlyFirst(users),
    moduleCode: mostlyFirst(modules),
    fields: fc.constantFrom({}, { properties: '{"a":1}' }, { properties: '{"b": 2}' }),
    lock: mostlyFirst([0, 1, 2, 3]),
    record: mostlyFirst([0, 1, 2, 3]),
  });
  const plans = kinds.map(({ weight, step }) => ({
    weight,
    arbitrary: parts.map(
      (one): Plan =>
        (model) =>
          step(subjectOf(model, one)),
    ),
  }));
  return fc.oneof(...plans);
}

function subjectOf(model: LifeModel, { lock, record, ...parts }: Parts): Subject {
  const locks = inFront(model.locks, ({ owner, isLive }) => owner === parts.as && isLive);
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
