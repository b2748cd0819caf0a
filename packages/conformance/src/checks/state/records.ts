import { randomInt } from 'node:crypto';
import type { Suite } from '../../check.ts';
import type { Identity } from '../../http/session.ts';
import { isObject } from '../../judge/oracle.ts';
import { makers } from '../../requests/kinds.ts';
import { bindDevice, unboundDevice } from './devices.ts';
import {
  type Data,
  type DeviceModel,
  type Difference,
  dataIn,
  difference,
  isTested,
  type LockModel,
  type RecordModel,
  type StateModel,
  type Step,
  step,
  timeDifference,
  without,
} from './model.ts';

/** The place that decides what a record contains. */
const schemaPointer = '/components/schemas/BackupRecord';

/** The place that decides the order and the end of a list. */
const pagesPointer = 'errata.md#e16';

/** The fields of a new record. */
export interface RecordFields {
  moduleCode?: string;
  properties?: string | undefined;
}

/**
 * Binds a device for the records of a scenario. Returns an unbound device if none could be bound, because a record may
 * name an unbound device too (errata, E15).
 */
export function* ownDevice(model: StateModel, { main, fixtures }: Suite): Generator<Step, DeviceModel> {
  if (isTested(model, makers.device)) yield bindDevice(model, main, { machineCode: fixtures.machineCode() });
  const [device] = model.devices;
  return device ?? unboundDevice(String(10n ** 18n + BigInt(randomInt(2 ** 47))), main);
}

/** Binds a device and creates a record of it. Returns `undefined` if the provider created no record. */
export function* createRecordOfDevice(
  model: StateModel,
  suite: Suite,
  fields: RecordFields = {},
): Generator<Step, { device: DeviceModel; record: RecordModel } | undefined> {
  const device = yield* ownDevice(model, suite);
  yield createRecord(model, suite.main, fields, { device });
  const [record] = model.records;
  return record && { device, record };
}

/**
 * Creates a record (errata, E14 and E15).
 *
 * @param device Default: the device that all checks share.
 * @param lock Default: the lock that all checks share.
 */
export function createRecord(
  model: StateModel,
  as: Identity,
  fields: RecordFields = {},
  { device, lock }: { device?: DeviceModel | undefined; lock?: LockModel | undefined } = {},
): Step {
  const { earliest } = model.clock.now();
  return {
    ...step(model, makers.record, as, { lock, device }, { fields: { ...fields } }, schemaPointer),
    accept(envelope) {
      const data = dataIn(envelope);
      if (data?.recordId === undefined) return undefined;
      const id = String(data.recordId);
      const isTaken = model.records.some((record) => record.id === id);
      // Fields that the scenario does not set come from an example in the contract.
      const sent = { moduleCode: data.moduleCode, properties: data.properties, ...fields };
      const decided: Data = { ...data, ...sent, status: 0, version: 1 };
      if (device?.isBound && isObject(data.deviceInfo)) decided.deviceInfo = infoOf(device, data.deviceInfo);
      const dropped = ['endTime', ...(device && !device.isBound ? ['deviceInfo'] : [])];
      const expected = withoutUndefined(without(decided, ...dropped));
      model.records.unshift({
        id,
        owner: as,
        deviceId: device?.id,
        data: expected,
        completedFrom: undefined,
        isRemoved: false,
      });
      if (isTaken) return { expected: 'a recordId of its own for each record', got: `${id} again` };
      return difference(expected, data) ?? timeDifference(model, 'createTime', data.createTime, earliest);
    },
  };
}

/** Returns the deviceInfo that a record must show. The provider chooses its fields, except deviceId (errata, E9). */
function infoOf({ data }: DeviceModel, got: Data): Data {
  const known = Object.entries(data).filter(([name]) => name in got);
  return { ...got, deviceId: data.deviceId, ...Object.fromEntries(known) };
}

/** Reads a record (errata, E15). */
export function readRecord(model: StateModel, as: Identity, record: RecordModel): Step {
  return {
    ...recordStep(model, 'getBackupRecord', schemaPointer, as, record),
    accept(envelope) {
      const data = dataIn(envelope);
      return data && shown(model, record, data);
    },
  };
}

/** Completes a record, with new properties or without (errata, E17). */
export function completeRecord(
  model: StateModel,
  as: Identity,
  record: RecordModel,
  fields: { properties?: string } = {},
  lock?: LockModel,
): Step {
  const { earliest } = model.clock.now();
  // A refusal does not show whether the record was removed.
  const { refuse: _, ...made } = recordStep(model, 'completeBackup', undefined, as, record, lock, { body: fields });
  return {
    ...made,
    rule() {
      const ruling = made.rule();
      if (ruling.verdict === 'either') return { ...ruling, verdict: 'refused', pointer: 'errata.md#e17' };
      return ruling.verdict === 'accepted' && record.data.status === 1
        ? { ...ruling, pointer: 'errata.md#e17' }
        : ruling;
    },
    accept() {
      const { data } = record;
      const isSame = fields.properties === undefined || fields.properties === data.properties;
      if (data.status === 1 && isSame) return undefined;
      if (data.status === 0) record.completedFrom = earliest;
      change(record, { ...fields, status: 1 });
      return undefined;
    },
  };
}

/** Deletes a record (errata, E18). */
export function deleteRecord(model: StateModel, as: Identity, record: RecordModel, lock?: LockModel): Step {
  // The refusal may be because of the lock, so it does not show that the record was removed.
  const { refuse: _, ...made } = recordStep(model, 'deleteBackupRecord', undefined, as, record, lock);
  return {
    ...made,
    accept() {
      if (record.data.status !== 2) change(record, { status: 2 });
      return undefined;
    },
  };
}

const withoutUndefined = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));

function recordStep(
  model: StateModel,
  id: string,
  pointer: string | undefined,
  as: Identity,
  record: RecordModel,
  lock?: LockModel,
  more = {},
): Step {
  return {
    ...step(model, id, as, { record, lock }, more, pointer),
    refuse() {
      record.isRemoved = true;
    },
  };
}

function change(record: RecordModel, changes: Data): void {
  record.data = { ...record.data, ...changes, version: Number(record.data.version) + 1 };
}

/**
 * Compares a record with the provider's view of it. The model adopts the first endTime that it sees, which must lie
 * between the completion and now.
 */
function shown(model: StateModel, record: RecordModel, got: Data): Difference | undefined {
  const { completedFrom } = record;
  if (completedFrom === undefined) return difference(record.data, got);
  record.data = { ...record.data, endTime: got.endTime ?? 'when it was completed' };
  record.completedFrom = undefined;
  return difference(record.data, got) ?? timeDifference(model, 'endTime', got.endTime, completedFrom);
}

/** The query of a list. */
export interface ListQuery {
  moduleCode: string;
  deviceId?: string;
  pageSize?: string;
}

/** A list that is read page by page. */
export interface Listing {
  readonly as: Identity;
  readonly query: ListQuery & { pageSize: string };
  /** The cursor for the next page. */
  cursor: string | undefined;
  isDone: boolean;
  pages: number;
  readonly seen: Data[];
  /** The records that existed when the listing was created. */
  readonly records: readonly RecordModel[];
  /** An earlier listing, which must have the same order. */
  readonly like: Listing | undefined;
}

/** The largest number of pages that are read of a list. */
const maxPages = 600;

/** Creates a listing of which no page has been read. */
export function createListing(model: StateModel, as: Identity, query: ListQuery, like?: Listing): Listing {
  const { moduleCode, deviceId } = query;
  const records = model.records.filter(
    ({ owner, data, isRemoved, ...record }) =>
      owner === as &&
      data.moduleCode === moduleCode &&
      !isRemoved &&
      (deviceId === undefined || record.deviceId === deviceId),
  );
  return {
    as,
    query: { pageSize: '100', ...query },
    cursor: undefined,
    isDone: false,
    pages: 0,
    seen: [],
    records,
    like,
  };
}

/** Reads the next page of a list (errata, E16). */
export function readPage(model: StateModel, listing: Listing): Step {
  const { as, query, cursor } = listing;
  const made = step(
    model,
    'listBackupRecord',
    as,
    {},
    { query: { ...query, ...(cursor !== undefined && { cursor }) } },
  );
  return {
    ...made,
    rule: () => ({ verdict: 'accepted', why: 'a list', pointer: made.operation.pointer }),
    accept({ data, nextCursor }) {
      listing.pages += 1;
      listing.cursor = typeof nextCursor === 'string' ? nextCursor : undefined;
      listing.isDone = listing.cursor === undefined || !Array.isArray(data);
      if (!Array.isArray(data)) return undefined;
      listing.seen.push(...data.filter(isObject));
      const size = `${data.length} records${listing.isDone ? '' : ' and a nextCursor'}`;
      if (data.length > Number(query.pageSize)) return { expected: `a page of ${query.pageSize} at most`, got: size };
      if (listing.isDone) return emptyEnd(listing, data) ?? listDifference(model, listing);
      if (data.length === 0)
        return { expected: 'a page with records, or no nextCursor', got: size, pointer: pagesPointer };
      if (listing.pages < maxPages) return undefined;
      listing.isDone = true;
      return { expected: `a list that ends within ${maxPages} pages`, got: 'a cursor on each page' };
    },
  };
}

/** Reports an empty last page, because the page before it must not have a nextCursor then. */
function emptyEnd({ pages, records }: Listing, data: readonly unknown[]): Difference | undefined {
  // A deleted record may have been removed meanwhile, which can empty the last page.
  const mayBeGone = records.some((record) => record.data.status === 2);
  if (pages === 1 || data.length > 0 || mayBeGone) return undefined;
  return { expected: 'no nextCursor on the last page', got: 'a nextCursor to an empty page', pointer: pagesPointer };
}

/** Reads a list to its end. */
export function* readList(model: StateModel, as: Identity, query: ListQuery, like?: Listing): Generator<Step, Listing> {
  const listing = createListing(model, as, query, like);
  while (!listing.isDone) yield readPage(model, listing);
  return listing;
}

/** Compares a list that was read to its end with the model. */
function listDifference(model: StateModel, { seen, records, query, like }: Listing): Difference | undefined {
  const known = (id: unknown): boolean => model.records.some((record) => record.id === id);
  // Without a deviceId, the list may also have records that other clients of the user created.
  const listed = query.deviceId === undefined ? seen.filter(({ recordId }) => known(recordId)) : seen;
  const ids = listed.map(({ recordId }) => String(recordId));
  // A deleted record may be removed at any time.
  const left = records.filter(({ id, data }) => ids.includes(id) || data.status !== 2);
  const found = difference({ recordIds: left.map(({ id }) => id).sort() }, { recordIds: ids.toSorted() });
  if (found) return found;
  const times = listed.map(({ createTime }) => createTime);
  // The provider chooses the order of two records of the same millisecond, but must keep it.
  const order = like?.seen.map(({ recordId }) => String(recordId)).filter((id) => ids.includes(id));
  const misplaced =
    difference({ createTimes: times.toSorted().reverse() }, { createTimes: times }) ??
    (order && difference({ recordIds: order }, { recordIds: ids.filter((id) => order.includes(id)) }));
  return (
    (misplaced && { ...misplaced, pointer: pagesPointer }) ??
    left
      .map((record) => shown(model, record, listed[ids.indexOf(record.id)] ?? {}))
      .find((differing) => differing !== undefined)
  );
}
