import { randomUUID } from 'node:crypto';
import type { Answer } from '@koodrive-backup/spec/answer';
import type { KeyRing } from './auth/key-ring.ts';
import { listDevices } from './backup/devices.ts';
import { type IdSource, isId } from './backup/ids.ts';
import { readCursor, writeCursor } from './backup/record-cursor.ts';
import { getRecordSql, listRecordsStatement, type NotChanged, recordOf } from './backup/records.ts';
import {
  lockHeld,
  lockNotLive,
  noSuchDevice,
  noSuchRecord,
  recordToBeDeleted,
  refuse,
  tooManyDevices,
} from './refusal.ts';
import type { operations } from './schema.gen.ts';
import type { Store } from './store/store.ts';

/** The services that handlers use. */
export interface Services {
  store: Store;
  ids: IdSource;
  keys: KeyRing;
  /** The most devices that a user may have. */
  maxDevicesPerUser: number;
  /** The clock, in milliseconds since the Unix epoch. */
  now: () => number;
}

/** An authenticated request to an operation, which the contract allows. */
interface Call<Operation> {
  userId: string;
  path: ParametersIn<Operation, 'path'>;
  query: ParametersIn<Operation, 'query'>;
  header: ParametersIn<Operation, 'header'>;
  body: Operation extends { requestBody: { content: { 'application/json': infer Body } } } ? Body : undefined;
}

type ParametersIn<Operation, Place extends string> = Operation extends { parameters: { [P in Place]: infer Values } }
  ? Values
  : object;

type Success<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Envelope } } } }
  ? Omit<Envelope, 'code' | 'msg'>
  : never;

/** Carries out one operation. Returns the fields of its success without `code` and `msg`, or a refusal. */
type Handler<Operation> = (
  call: Call<Operation>,
  services: Services,
) => Promise<Success<Operation> | { refused: Answer }>;

/** The handler of each operation of the contract. A missing handler, or one with another answer, does not compile. */
export const handlers: { [Id in keyof operations]: Handler<operations[Id]> } = {
  async createBackupLock({ userId, body: { moduleCode } }, { store, now }) {
    const lockId = `${randomUUID()}@${moduleCode}`;
    const isTaken = await store.transact('takeLock', userId, moduleCode, lockId, now());
    return isTaken ? { data: { lockId } } : { refused: lockHeld };
  },

  async renewalBackupLock({ userId, header }, { store, now }) {
    const isLive = await store.transact('renewLock', userId, header['x-backup-lock-id'], now());
    return isLive ? {} : { refused: lockNotLive };
  },

  async releaseBackupLock({ userId, header }, { store, now }) {
    const wasLive = await store.transact('releaseLock', userId, header['x-backup-lock-id'], now());
    return wasLive ? {} : { refused: lockNotLive };
  },

  async createBackupRecord({ userId, header, body }, { store, ids, now }) {
    const recordId = await ids.next();
    const lockId = header['x-backup-lock-id'];
    const { moduleCode, deviceId, properties } = body;
    const data = await store.transact(
      'createRecord',
      userId,
      lockId,
      recordId,
      moduleCode,
      deviceId,
      properties,
      now(),
    );
    return data ? { data } : { refused: lockNotLive };
  },

  async listBackupRecord({ userId, query: { moduleCode, pageSize, cursor, deviceId } }, { store, keys }) {
    const filter = { userId, moduleCode, deviceId };
    const before =
      cursor === undefined ? undefined : await keys.find(({ cursors }) => readCursor(cursors, filter, cursor));
    if (cursor !== undefined && before === undefined) {
      return { refused: refuse(400, 'query.cursor must be a cursor of this list') };
    }
    // One more than the page, to know whether another page follows.
    const rows = await store.read(...listRecordsStatement(filter, before, pageSize + 1));
    const data = rows.slice(0, pageSize).map((row) => recordOf(row));
    const last = data.at(-1);
    if (!last || data.length === Number(rows[0]?.found)) return { data };
    return { data, nextCursor: writeCursor(keys.current.cursors, filter, last.recordId) };
  },

  async getBackupRecord({ userId, path: { recordId } }, { store }) {
    const [row] = isId(recordId) ? await store.read(getRecordSql, BigInt(recordId), userId) : [];
    return row ? { data: recordOf(row) } : { refused: noSuchRecord };
  },

  async completeBackup({ userId, header, path: { recordId }, body }, { store, now }) {
    const lockId = header['x-backup-lock-id'];
    return changed(await store.transact('completeRecord', userId, lockId, recordId, body.properties, now()));
  },

  async deleteBackupRecord({ userId, header, path: { recordId } }, { store, now }) {
    return changed(await store.transact('deleteRecord', userId, header['x-backup-lock-id'], recordId, now()));
  },

  async bindDevice({ userId, body }, { store, ids, maxDevicesPerUser: most }) {
    const deviceId = await ids.next();
    const { machineCode, deviceName, deviceOS } = body;
    const data = await store.transact('bindDevice', userId, deviceId, machineCode, deviceName, deviceOS, most);
    return data ? { data } : { refused: tooManyDevices(most) };
  },

  async listBoundDevice({ userId }, { store }) {
    return { data: await listDevices(store, userId) };
  },

  async unbindDevice({ userId, path: { deviceId } }, { store }) {
    const data = await store.transact('unbindDevice', userId, deviceId);
    return data ? { data } : { refused: noSuchDevice };
  },
};

const refusals: Record<NotChanged, Answer> = {
  'lock not live': lockNotLive,
  'no such record': noSuchRecord,
  'to be deleted': recordToBeDeleted,
};

const changed = (reason: NotChanged | undefined): { refused: Answer } | Record<never, never> =>
  reason ? { refused: refusals[reason] } : {};
