import { isDeepStrictEqual } from 'node:util';
import { issueToken, newToken } from '../../src/auth/tokens.ts';
import type { components } from '../../src/schema.gen.ts';
import { openStorage } from '../../src/store/open-store.ts';
import type { StorageOptions } from '../../src/store/storage-options.ts';
import { type Caller, type Credential, createCaller } from '../caller.ts';

type BackupRecord = components['schemas']['BackupRecord'];

export const moduleCode = '101';

/** A user who has bound a device and holds a lock. */
export interface Worker extends Credential {
  deviceId: string;
  lockId: string;
}

/** Issues tokens, as the command does. */
export async function issueTokens(storage: StorageOptions, userIds: string[]): Promise<Credential[]> {
  const { store } = await openStorage(storage);
  try {
    return await Promise.all(
      userIds.map(async (userId) => {
        const token = newToken();
        await issueToken(store, token, userId, {}, Date.now());
        return { userId, token };
      }),
    );
  } finally {
    await store.close();
  }
}

/** Prepares users who can create records: each has bound a device, and holds a lock. */
export async function prepareWorkers(url: string, credentials: Credential[]): Promise<Worker[]> {
  return Promise.all(
    credentials.map(async (credential) => {
      const caller = createCaller(url, credential);
      const device = await caller.call('bindDevice', { body: { machineCode: '20251217' } });
      const lock = await caller.call('createBackupLock', { body: { moduleCode } });
      caller.close();
      if (device.status !== 200 || lock.status !== 200)
        throw new Error('a user could not bind a device and take a lock');
      return { ...credential, deviceId: device.envelope.data.deviceId, lockId: lock.envelope.data.lockId };
    }),
  );
}

/** What is known about a record that was requested. */
interface Expected {
  userId: string;
  /** The record as it was acknowledged; `undefined` without a success. */
  acknowledged?: BackupRecord;
  /** The `properties` that a completion was to set, and whether the completion succeeded. */
  completion?: { properties: string; isAcknowledged: boolean };
}

/** Records all requests and acknowledgements, and compares them with the records of a server. */
export class Ledger {
  readonly #expected = new Map<string, Expected>();
  acknowledged = 0;
  /** Number of refusals, by status. */
  readonly refusals: Record<number, number> = {};

  /**
   * Creates a record, and completes it if asked to.
   *
   * @returns The status of the last answer.
   * @throws Error if there was no answer.
   */
  async create(caller: Caller, { userId, deviceId, lockId }: Worker, completes: boolean): Promise<number> {
    const marker = `record ${this.#expected.size}`;
    const expected: Expected = { userId };
    this.#expected.set(marker, expected);
    const properties = JSON.stringify({ marker, text: 'a\u0000ä€\u{1f4be}"\\'.repeat(1 + (this.acknowledged % 40)) });
    const created = await caller.call('createBackupRecord', { lockId, body: { moduleCode, deviceId, properties } });
    if (created.status !== 200) return this.#refused(created.status);
    const { data } = created.envelope;
    if (data.properties !== properties) throw new Error('the answer has other properties than the request');
    expected.acknowledged = data;
    this.acknowledged++;
    if (!completes) return 200;
    expected.completion = { properties: JSON.stringify({ marker, completed: true }), isAcknowledged: false };
    const completed = await caller.call('completeBackup', {
      lockId,
      path: { recordId: data.recordId },
      body: { properties: expected.completion.properties },
    });
    if (completed.status !== 200) return this.#refused(completed.status);
    expected.completion.isAcknowledged = true;
    return 200;
  }

  #refused(status: number): number {
    this.refusals[status] = (this.refusals[status] ?? 0) + 1;
    return status;
  }

  /**
   * Reads all records of the users, and compares them.
   *
   * @throws Error that names records that are lost, altered, stored twice, or were never requested.
   */
  async verify(url: string, credentials: Credential[]): Promise<void> {
    const problems: string[] = [];
    const ids = new Set<string>();
    const found = new Set<string>();
    for (const credential of credentials) {
      for (const record of await listAll(url, credential)) {
        const { marker } = JSON.parse(record.properties ?? '{}');
        const expected = this.#expected.get(marker);
        if (!expected || expected.userId !== credential.userId) problems.push(`never asked for: ${record.recordId}`);
        else if (found.has(marker)) problems.push(`there twice: ${marker}, as ${record.recordId}`);
        else if (!isAsExpected(record, expected)) problems.push(`altered: ${JSON.stringify({ record, expected })}`);
        if (ids.has(record.recordId)) problems.push(`one id for two: ${record.recordId}`);
        ids.add(record.recordId);
        found.add(marker);
      }
    }
    for (const [marker, { acknowledged }] of this.#expected) {
      if (acknowledged && !found.has(marker)) problems.push(`acknowledged and lost: ${acknowledged.recordId}`);
    }
    if (problems.length > 0) throw new Error(`${problems.length} wrong:\n${problems.slice(0, 10).join('\n')}`);
  }
}

function isAsExpected(record: BackupRecord, { acknowledged, completion }: Expected): boolean {
  // A record that was not acknowledged may exist, once.
  if (!acknowledged) return true;
  const { endTime, ...rest } = record;
  const isCompleted =
    completion !== undefined &&
    endTime !== undefined &&
    isDeepStrictEqual(rest, { ...acknowledged, status: 1, version: 2, properties: completion.properties });
  return isCompleted || (!completion?.isAcknowledged && isDeepStrictEqual(record, acknowledged));
}

/** Reads all records of a user, page by page. */
export async function listAll(url: string, credential: Credential): Promise<BackupRecord[]> {
  const caller = createCaller(url, credential);
  try {
    const records: BackupRecord[] = [];
    for (let cursor: string | undefined; ; ) {
      const query = { moduleCode, pageSize: 100, ...(cursor !== undefined && { cursor }) };
      const { status, envelope } = await caller.call('listBackupRecord', { query });
      if (status !== 200) throw new Error(`listBackupRecord was refused: ${status} ${JSON.stringify(envelope)}`);
      records.push(...envelope.data);
      cursor = envelope.nextCursor;
      if (cursor === undefined) return records;
    }
  } finally {
    caller.close();
  }
}
