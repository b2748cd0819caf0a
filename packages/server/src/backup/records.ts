import { randomInt } from 'node:crypto';
import type { components } from '../schema.gen.ts';
import {
  query,
  type Row,
  removeEnded,
  StoreUnavailable,
  shared,
  single,
  type Value,
  type Work,
} from '../store/store.ts';
import { deviceOf } from './devices.ts';
import { hash64 } from './hash64.ts';
import { isId, timeOfId } from './ids.ts';
import { fromLiveLock, underLiveLock } from './locks.ts';

type BackupRecord = components['schemas']['BackupRecord'];

/** The states of a record. */
const status = { new: 0, completed: 1, toBeDeleted: 2 } as const satisfies Record<string, BackupRecord['status']>;

/**
 * How long a record that was deleted can still be read, in milliseconds. The contract promises no time (errata E18).
 */
const removalDelayMs = 60_000;

/** Returns a statement that selects records with their devices, and with more columns. */
const selectedWith = (
  columns: string,
): string => `SELECT CAST(r.record_id AS TEXT) AS record_id, r.module_code, r.status,
  r.properties, r.version, r.end_time, d.device_id, d.machine_code, d.device_name, d.device_os, ${columns}
  FROM records r LEFT JOIN devices d ON d.device_id = r.device_id AND d.user_id = r.user_id`;

/** Selects a column of the device that a new record names, if its user has bound the device. */
const ofDevice = (column: string): string =>
  `(SELECT d.${column} FROM devices d WHERE d.device_id = records.device_id AND d.user_id = records.user_id) AS ${column}`;

// Built once: a text that is built for each call has to be hashed for each lookup of its prepared statement.
const createRecordSql = `INSERT INTO records
    (record_id, user_id, module_code, device_id, device_key, properties, status, version)
  SELECT CAST(? AS BIGINT), l.user_id, ?, ?, CAST(? AS BIGINT), ?, ${status.new}, 1 ${underLiveLock}
  RETURNING ${['machine_code', 'device_name', 'device_os'].map(ofDevice).join(', ')}`;

/** Creates a record under a lock. Returns `undefined` if the lock is not live, or not the user's. */
export function* createRecord(
  userId: string,
  lockId: string,
  recordId: string,
  moduleCode: string,
  deviceId: string,
  properties: string | undefined,
  now: number,
): Work<BackupRecord | undefined> {
  const [device] = yield* shared(
    createRecordSql,
    BigInt(recordId),
    moduleCode,
    deviceId,
    hash64(deviceId),
    properties ?? null,
    lockId,
    userId,
    now,
  );
  if (!device) return undefined;
  return recordOf({
    record_id: recordId,
    module_code: moduleCode,
    status: status.new,
    properties: properties ?? null,
    version: 1,
    end_time: null,
    // Every bound device has a machine code.
    device_id: device.machine_code == null ? null : deviceId,
    ...device,
  });
}

/** The statement that reads one record of a user. */
export const getRecordSql: string = `${selectedWith('1 AS found')} WHERE r.record_id = ? AND r.user_id = ?`;

/** The filter of a list of records. */
export interface RecordFilter {
  userId: string;
  moduleCode: string;
  /** Only the records of this device; `undefined` for all. */
  deviceId: string | undefined;
}

/**
 * A page ends after this many bytes of properties, even if it has fewer records than were asked for (errata E16), so
 * that the answers under way fit into memory. A single record may hold a megabyte.
 */
const mostPageBytes = 1_048_576;

/**
 * Returns the statement that reads a page of records, the newest first, and its values. Each row says in `found` how
 * many records there are, up to `limit`. There may be fewer rows than that.
 *
 * @param before The page has only records with smaller ids. `undefined` for the first page.
 * @param limit The most records.
 */
export function listRecordsStatement(
  { userId, moduleCode, deviceId }: RecordFilter,
  before: string | undefined,
  limit: number,
): [sql: string, ...values: Value[]] {
  const values: Value[] = [userId, moduleCode];
  let where = 'user_id = ? AND module_code = ?';
  if (deviceId !== undefined) {
    // The index has hashes, because a device id may be longer than an index can hold. Two ids may share a hash.
    where += ' AND device_key = ? AND device_id = ?';
    values.push(hash64(deviceId), deviceId);
  }
  if (before !== undefined) {
    where += ' AND record_id < ?';
    values.push(BigInt(before));
  }
  // Both engines know the length of a text without reading it.
  const sql = `WITH page AS (
      SELECT record_id, COALESCE(OCTET_LENGTH(properties), 0) AS bytes FROM records
      WHERE ${where} ORDER BY record_id DESC LIMIT ?
    ), sized AS (
      SELECT record_id, bytes, SUM(bytes) OVER (ORDER BY record_id DESC) AS bytes_so_far, COUNT(*) OVER () AS found
      FROM page
    )
    ${selectedWith('CAST(sized.found AS INTEGER) AS found')} JOIN sized ON sized.record_id = r.record_id
    WHERE sized.bytes_so_far <= ? OR sized.bytes_so_far = sized.bytes ORDER BY r.record_id DESC`;
  return [sql, ...values, limit, mostPageBytes];
}

/**
 * Creates a record, using every table that the request of a user needs, and removes it again.
 *
 * @throws Error if a record cannot be created.
 */
export function* tryCreate(): Work<void> {
  // No user has a space in their id. The record id is greater than any real one, so it goes where the next record will
  // go.
  const recordId = (1n << 63n) - 1n - BigInt(randomInt(2 ** 32));
  const userId = `check ${recordId}`;
  yield* query(
    `SELECT 1 FROM settings WHERE name = ''
     UNION ALL SELECT 1 FROM tokens WHERE token_hash = ''
     UNION ALL SELECT 1 FROM apps WHERE app_id = ''
     UNION ALL SELECT 1 FROM nodes WHERE node_id = -1`,
  );
  yield* query(
    'INSERT INTO locks (user_id, module_code, lock_id, expires_at) VALUES (?, ?, ?, ?)',
    userId,
    '',
    userId,
    1,
  );
  const created = yield* query(createRecordSql, recordId, '', '', 0n, '{}', userId, userId, 0);
  if (created.length === 0) throw new Error('a record could not be created under a lock');
  yield* query('DELETE FROM records WHERE record_id = ?', recordId);
  yield* query('DELETE FROM locks WHERE lock_id = ?', userId);
}

/** Why a record was not changed. */
export type NotChanged = 'lock not live' | 'no such record' | 'to be deleted';

const isUnderLock = `EXISTS (SELECT 1 ${underLiveLock})`;

const completeRecordSql = `UPDATE records SET
    status = ${status.completed},
    properties = COALESCE(given.properties, records.properties),
    end_time = COALESCE(end_time, ?),
    version = version + CASE
      WHEN status = ${status.completed} AND COALESCE(given.properties = records.properties, given.properties IS NULL) THEN 0
      ELSE 1
    END
  FROM (SELECT CAST(? AS TEXT) AS properties) AS given
  WHERE record_id = ? AND user_id = ? AND status <> ${status.toBeDeleted} AND ${isUnderLock} RETURNING 1 AS done`;

/** Completes a record (errata E17). Returns `undefined` if it is completed, now or before, otherwise the reason. */
export function* completeRecord(
  userId: string,
  lockId: string,
  recordId: string,
  properties: string | undefined,
  now: number,
): Work<NotChanged | undefined> {
  const id = idOf(recordId);
  const done = yield* single(completeRecordSql, now, properties ?? null, id, userId, lockId, userId, now);
  if (done.length > 0) return undefined;
  const found = yield* whyNotChanged(userId, lockId, id, now);
  if (typeof found === 'string') return found;
  return found === status.toBeDeleted ? 'to be deleted' : changedMeanwhile();
}

const deleteRecordSql = `UPDATE records SET
    status = ${status.toBeDeleted},
    deleted_at = COALESCE(deleted_at, ?),
    version = version + CASE status WHEN ${status.toBeDeleted} THEN 0 ELSE 1 END
  WHERE record_id = ? AND user_id = ? AND ${isUnderLock} RETURNING 1 AS done`;

/**
 * Marks a record as to be deleted (errata E18). Returns `undefined` if it is marked, now or before, otherwise the
 * reason.
 */
export function* deleteRecord(
  userId: string,
  lockId: string,
  recordId: string,
  now: number,
): Work<NotChanged | undefined> {
  const id = idOf(recordId);
  const done = yield* single(deleteRecordSql, now, id, userId, lockId, userId, now);
  if (done.length > 0) return undefined;
  const found = yield* whyNotChanged(userId, lockId, id, now);
  return typeof found === 'string' ? found : changedMeanwhile();
}

/** Returns the number of an id. A text that cannot be an id gets a number that no record has. */
const idOf = (recordId: string): bigint => (isId(recordId) ? BigInt(recordId) : -1n);

const whyNotChangedSql = `SELECT (SELECT 1 ${fromLiveLock}) AS held,
  (SELECT status FROM records WHERE record_id = ? AND user_id = ?) AS status`;

/** Explains why a statement changed no record. Returns the record's status if both the lock and the record exist. */
function* whyNotChanged(userId: string, lockId: string, id: bigint, now: number): Work<NotChanged | number> {
  const [found] = yield* single(whyNotChangedSql, lockId, userId, now, id, userId);
  if (found?.held == null) return 'lock not live';
  return found.status == null ? 'no such record' : Number(found.status);
}

/** Throws because the obstacle disappeared after the statement and before {@link whyNotChanged} looked for it. */
function changedMeanwhile(): never {
  throw new StoreUnavailable('the record was changed by others at the same time', { fate: 'not done' });
}

/** Removes a limited number of records that are to be deleted. Returns `true` if there may be more. */
export const removeDeletedRecords = (now: number): Work<boolean> =>
  removeEnded('records', 'record_id', 'deleted_at', now - removalDelayMs);

/** How many records get their device keys in one transaction, so that none is long. */
const fillBatch = 500;

/**
 * Fills in the device keys of a limited number of records that an older version of the server created. Returns `true`
 * if there may be more.
 */
export function* fillDeviceKeys(): Work<boolean> {
  const found = yield* query(
    'SELECT CAST(record_id AS TEXT) AS id, device_id FROM records WHERE device_key IS NULL ORDER BY record_id LIMIT ?',
    fillBatch,
  );
  const last = BigInt(found.at(-1)?.id ?? 0);
  for (const deviceId of new Set(found.map(({ device_id }) => String(device_id)))) {
    yield* query(
      'UPDATE records SET device_key = ? WHERE device_key IS NULL AND record_id <= ? AND device_id = ?',
      hash64(deviceId),
      last,
      deviceId,
    );
  }
  return found.length === fillBatch;
}

/** Converts a row of records, with its device, to the form of the contract. */
export function recordOf(row: Row): BackupRecord {
  const recordId = String(row.record_id);
  return {
    recordId,
    moduleCode: row.module_code as BackupRecord['moduleCode'],
    status: row.status as BackupRecord['status'],
    ...(row.properties != null && { properties: String(row.properties) }),
    version: Number(row.version),
    createTime: new Date(timeOfId(recordId)).toISOString(),
    ...(row.end_time != null && { endTime: new Date(Number(row.end_time)).toISOString() }),
    ...(row.device_id != null && { deviceInfo: deviceOf(row) }),
  };
}
