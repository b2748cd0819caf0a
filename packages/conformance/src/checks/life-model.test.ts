import { expect, it } from 'vitest';
import {
  completeRecord,
  createRecord,
  deleteRecord,
  type LifeModel,
  type LockModel,
  listRecords,
  type RecordModel,
  readRecord,
  renewLock,
  takeLock,
} from './life-model.ts';

const user = { userId: '7' };
const created = { recordId: '1', moduleCode: '101', status: 0, version: 1, createTime: '2026-11-23T12:00:00.000Z' };
const endTime = '2026-11-23T12:01:00.000Z';

function begun(): { model: LifeModel; lock: LockModel; record: RecordModel } {
  const model: LifeModel = { locks: [], records: [], devices: new Map([[user, '9']]) };
  takeLock(model, user, '101').accept?.({ data: { lockId: 'a' } });
  const [lock] = model.locks;
  if (!lock) throw new Error('no lock was taken');
  expect(createRecord(model, user, lock, { moduleCode: '101' }).accept?.({ data: created })).toBeUndefined();
  const [record] = model.records;
  if (!record) throw new Error('no record was created');
  return { model, lock, record };
}

it('learns endTime from the first reading, and holds all later ones to it', () => {
  const { lock, record } = begun();
  completeRecord(user, lock, record, {}).accept?.({});
  const completed = { ...created, status: 1, version: 2, endTime };
  expect(readRecord(user, record).accept?.({ data: completed })).toBeUndefined();
  completeRecord(user, lock, record, { properties: '{}' }).accept?.({});
  const moved = { ...completed, properties: '{}', version: 3, endTime: '2026-11-23T12:02:00.000Z' };
  expect(readRecord(user, record).accept?.({ data: moved })).toEqual({
    expected: `{"endTime":"${endTime}"}`,
    got: '{"endTime":"2026-11-23T12:02:00.000Z"}',
  });
});

it('asks for an endTime of a completed record', () => {
  const { lock, record } = begun();
  completeRecord(user, lock, record, {}).accept?.({});
  const { expected } = readRecord(user, record).accept?.({ data: { ...created, status: 1, version: 2 } }) ?? {};
  expect(expected).toBe('{"endTime":"when it was completed"}');
});

it('takes a deleted record for there or for removed, until a refusal says that it is removed', () => {
  const { model, lock, record } = begun();
  deleteRecord(user, lock, record).accept?.({});
  const deleted = { ...created, status: 2, version: 2 };
  const list = (data: object[]): unknown => listRecords(model, user, '101').accept?.({ data });
  const reading = readRecord(user, record);
  expect([reading.verdict, list([]), list([deleted])]).toEqual(['either', undefined, undefined]);
  reading.refuse?.();
  expect(readRecord(user, record).verdict).toBe('refused');
  expect(list([])).toBeUndefined();
  expect(list([deleted])).toEqual({ expected: '{"recordIds":[]}', got: '{"recordIds":["1"]}' });
});

it('learns nothing of a removal from a completion that is refused', () => {
  const { lock, record } = begun();
  deleteRecord(user, lock, record).accept?.({});
  const completion = completeRecord(user, lock, record, {});
  completion.refuse?.();
  expect([completion.verdict, readRecord(user, record).verdict]).toEqual(['refused', 'either']);
});

it('does not know whether a module is free of which it has had no lock', () => {
  const { model, lock } = begun();
  expect(takeLock(model, user, '100').verdict).toBe('either');
  expect(takeLock(model, user, '101').verdict).toBe('refused');
  lock.isLive = false;
  expect(takeLock(model, user, '101').verdict).toBe('accepted');
  expect(renewLock(user, lock)).toMatchObject({ verdict: 'refused', pointer: 'errata.md#e13' });
});

it('has the newest record in front, and leaves two of one millisecond to the provider', () => {
  const { model, lock } = begun();
  const [twin, later] = [
    { ...created, recordId: '2' },
    { ...created, recordId: '3', createTime: endTime },
  ];
  for (const data of [twin, later]) createRecord(model, user, lock, { moduleCode: '101' }).accept?.({ data });
  const list = (data: object[]): unknown => listRecords(model, user, '101').accept?.({ data });
  expect([list([later, twin, created]), list([later, created, twin])]).toEqual([undefined, undefined]);
  expect(list([twin, later, created])).toMatchObject({ got: expect.stringContaining('createTimes') });
  expect(list([later, twin])).toEqual({ expected: '{"recordIds":["1","2","3"]}', got: '{"recordIds":["2","3"]}' });
});
