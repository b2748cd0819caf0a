import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { createClock } from '../../http/clock.ts';
import { renewLock, takeLock } from './locks.ts';
import {
  createModel,
  type Data,
  type Difference,
  type LockModel,
  lockMs,
  type RecordModel,
  type StateModel,
  type Step,
} from './model.ts';
import { completeRecord, createListing, createRecord, deleteRecord, readPage, readRecord } from './records.ts';

const contract = readContract(document);
const user = { userId: '7' };
const createTime = new Date().toISOString();
const created = { recordId: '1', moduleCode: '101', status: 0, version: 1, createTime };
const endTime = new Date(Date.now() + 500).toISOString();

const create = (model: StateModel): Step => createRecord(model, user, { moduleCode: '101', properties: undefined });
const read = (model: StateModel, record: RecordModel, data: Data): Difference | undefined =>
  readRecord(model, user, record).accept?.({ data });
const list = (model: StateModel, data: Data[]): Difference | undefined =>
  readPage(model, createListing(model, user, { moduleCode: '101' })).accept?.({ data });

function begun(): { model: StateModel; lock: LockModel; record: RecordModel } {
  const model = createModel(contract, createClock());
  takeLock(model, user, '101').accept?.({ data: { lockId: 'a' } });
  const [lock] = model.locks;
  if (!lock) throw new Error('no lock was taken');
  expect(create(model).accept?.({ data: created })).toBeUndefined();
  const [record] = model.records;
  if (!record) throw new Error('no record was created');
  return { model, lock, record };
}

it('learns endTime from the first reading, and expects it in all later ones', () => {
  const { model, record } = begun();
  completeRecord(model, user, record).accept?.({});
  const completed = { ...created, status: 1, version: 2, endTime };
  expect(read(model, record, completed)).toBeUndefined();
  completeRecord(model, user, record, { properties: '{}' }).accept?.({});
  const moved = { ...completed, properties: '{}', version: 3, endTime: createTime };
  expect(read(model, record, moved)).toEqual({
    expected: `{"endTime":"${endTime}"}`,
    got: `{"endTime":"${createTime}"}`,
  });
});

it('expects a completed record to have an endTime, the time of its completion', () => {
  const { model, record } = begun();
  completeRecord(model, user, record).accept?.({});
  expect(read(model, record, { ...created, status: 1, version: 2 })?.expected).toBe(
    '{"endTime":"when it was completed"}',
  );
  const [other, late] = [begun(), new Date(Date.now() + 60_000).toISOString()];
  completeRecord(other.model, user, other.record).accept?.({});
  expect(read(other.model, other.record, { ...created, status: 1, version: 2, endTime: late })?.expected).toMatch(
    /^endTime now/,
  );
});

it('lets a deleted record exist or be removed, until a refusal shows that it is removed', () => {
  const { model, record } = begun();
  deleteRecord(model, user, record).accept?.({});
  const deleted = { ...created, status: 2, version: 2 };
  const reading = readRecord(model, user, record);
  expect([reading.rule().verdict, list(model, []), list(model, [deleted])]).toEqual(['either', undefined, undefined]);
  reading.refuse?.();
  expect(readRecord(model, user, record).rule().verdict).toBe('refused');
  expect(list(model, [])).toBeUndefined();
  expect(list(model, [deleted])).toEqual({ expected: '{"recordIds":[]}', got: '{"recordIds":["1"]}' });
});

it('learns nothing about a removal from a refused completion', () => {
  const { model, record } = begun();
  deleteRecord(model, user, record).accept?.({});
  const completion = completeRecord(model, user, record);
  expect(completion.refuse).toBeUndefined();
  expect(completion.rule()).toMatchObject({ verdict: 'refused', pointer: 'errata.md#e17' });
});

it('does not know whether a module is free if it never held its lock', () => {
  const { model, lock } = begun();
  const verdict = (moduleCode: string): string => takeLock(model, user, moduleCode).rule().verdict;
  expect([verdict('100'), verdict('101')]).toEqual(['either', 'refused']);
  lock.isReleased = true;
  expect(verdict('101')).toBe('accepted');
  expect(renewLock(model, user, lock).rule()).toMatchObject({ verdict: 'refused', pointer: 'errata.md#e13' });
});

it('expects a lock to expire ten minutes after it was taken or renewed', () => {
  const { model, lock } = begun();
  const verdict = (): string => renewLock(model, user, lock).rule().verdict;
  model.passedMs = lockMs - 1;
  expect(verdict()).toBe('accepted');
  renewLock(model, user, lock).accept?.({});
  model.passedMs += lockMs - 1;
  expect(verdict()).toBe('accepted');
  model.passedMs += 1;
  expect(verdict()).toBe('refused');
});

it('expects a new id for everything that is created', () => {
  const { model } = begun();
  expect(takeLock(model, user, '100').accept?.({ data: { lockId: 'a' } })?.got).toBe('a again');
  expect(create(model).accept?.({ data: created })?.got).toBe('1 again');
});

it('expects the newest record first, and a stable order of two records of one millisecond', () => {
  const { model } = begun();
  const [twin, later] = [
    { ...created, recordId: '2' },
    { ...created, recordId: '3', createTime: endTime },
  ];
  for (const data of [twin, later]) expect(create(model).accept?.({ data })).toBeUndefined();
  expect([list(model, [later, twin, created]), list(model, [later, created, twin])]).toEqual([undefined, undefined]);
  expect(list(model, [twin, later, created])).toMatchObject({ got: expect.stringContaining('createTimes') });
  expect(list(model, [later, twin])).toEqual({
    expected: '{"recordIds":["1","2","3"]}',
    got: '{"recordIds":["2","3"]}',
  });
  const first = createListing(model, user, { moduleCode: '101' });
  readPage(model, first).accept?.({ data: [later, twin, created] });
  const again = readPage(model, createListing(model, user, { moduleCode: '101' }, first));
  expect(again.accept?.({ data: [later, created, twin] })?.expected).toBe('{"recordIds":["3","2","1"]}');
});

it('expects a list to end, with no empty page after a nextCursor', () => {
  const { model } = begun();
  const listing = createListing(model, user, { moduleCode: '101', pageSize: '1' });
  expect(readPage(model, listing).accept?.({ data: [created, created], nextCursor: 'b' })?.expected).toBe(
    'a page of 1 at most',
  );
  expect(readPage(model, listing).accept?.({ data: [], nextCursor: 'c' })?.got).toBe('0 records and a nextCursor');
});
