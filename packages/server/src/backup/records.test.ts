import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, lockHeader, refusedWith, succeed } from '../../test/calls.ts';
import { describeEngines } from '../../test/engines.ts';
import { openTestStore } from '../../test/open-test-store.ts';
import { isSoak } from '../../test/soak.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { listRecordsStatement } from './records.ts';

const { RecordDoesNotExist, RecordToBeDeleted, ParameterCheckFailed } = contract.components.examples;
const minute = 60_000;

let server: TestServer;
let user: User;
let headers: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  user = await server.newUser();
  headers = await lockHeader(server, user);
});
afterAll(() => server.close());

const get = (recordId: string, as = user) => succeed(server, as, 'getBackupRecord', { path: { recordId } });
const create = (body: object = {}) =>
  succeed(server, user, 'createBackupRecord', { headers, body: { moduleCode: '101', deviceId: 'd', ...body } });
const complete = (recordId: string, body: object = {}) =>
  call(server, user, 'completeBackup', { headers, path: { recordId }, body });
const remove = (recordId: string) => call(server, user, 'deleteBackupRecord', { headers, path: { recordId } });
const list = (query: object = {}, as = user) =>
  call(server, as, 'listBackupRecord', { query: { moduleCode: '101', pageSize: '100', ...query } });

describe('a record', () => {
  it('is new, then completed, then to be deleted, and its version rises with each change', async () => {
    const created = await create({ properties: '{"a":1}' });
    const createTime = new Date(server.time).toISOString();
    const base = { recordId: created.recordId, moduleCode: '101', properties: '{"a":1}', createTime };
    expect(created).toEqual({ ...base, status: 0, version: 1 });
    expect(await get(created.recordId)).toEqual(created);
    server.time += 1234;
    const endTime = new Date(server.time).toISOString();
    expect((await complete(created.recordId)).envelope).toEqual({ code: 0, msg: 'success' });
    expect(await get(created.recordId)).toEqual({ ...base, status: 1, version: 2, endTime });
    server.time += 1234;
    expect((await remove(created.recordId)).envelope).toEqual({ code: 0, msg: 'success' });
    expect(await get(created.recordId)).toEqual({ ...base, status: 2, version: 3, endTime });
  });

  it('has an id of 64 bits, in decimal, which is greater than all earlier ids', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 50; count++) {
      ids.push((await create()).recordId);
      if (count % 10 === 0) server.time += 1;
    }
    for (const id of ids) {
      expect(id).toMatch(/^[1-9]\d{18}$/);
      expect(BigInt(id)).toBeLessThan(2n ** 63n);
    }
    expect(ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gets a greater id even if the clock goes back', async () => {
    const { recordId } = await create();
    server.time -= minute;
    const later = await create();
    server.time += minute;
    expect(BigInt(later.recordId)).toBeGreaterThan(BigInt(recordId));
  });

  it('is completed again without a change, unless the request has other properties', async () => {
    const { recordId } = await create({ properties: '1' });
    await complete(recordId, { properties: '2' });
    const completed = await get(recordId);
    expect(completed).toMatchObject({ properties: '2', version: 2 });
    server.time += 1000;
    for (const body of [{}, { properties: '2' }]) {
      expect((await complete(recordId, body)).status).toBe(200);
      expect(await get(recordId)).toEqual(completed);
    }
    expect((await complete(recordId, { properties: ' 2' })).status).toBe(200);
    expect(await get(recordId)).toEqual({ ...completed, properties: ' 2', version: 3 });
  });

  it('is deleted again without a change, and cannot be completed after that', async () => {
    const { recordId } = await create();
    await remove(recordId);
    const deleted = await get(recordId);
    server.time += 1000;
    expect((await remove(recordId)).status).toBe(200);
    const { code, msg } = RecordToBeDeleted.value;
    expect(refusedWith(409, await complete(recordId, { properties: '2' }), code)).toBe(msg);
    expect(await get(recordId)).toEqual(deleted);
  });

  it('counts each of many changes at once', async () => {
    const { recordId } = await create();
    await complete(recordId);
    const changes = Array.from({ length: 20 }, (_, i) => complete(recordId, { properties: `${i}` }));
    for (const { status } of await Promise.all(changes)) expect(status).toBe(200);
    expect(await get(recordId)).toMatchObject({ version: 22 });
  });

  it('of another user looks as if it did not exist', async () => {
    const { recordId } = await create();
    const before = await get(recordId);
    const other = await server.newUser();
    const theirs = await lockHeader(server, other);
    const { code, msg } = RecordDoesNotExist.value;
    for (const id of [
      recordId,
      '1',
      '0',
      '01',
      '-1',
      '9223372036854775807',
      '9223372036854775808',
      '9'.repeat(99),
      'x',
      '1.0',
    ]) {
      const request = { headers: theirs, path: { recordId: id } };
      const answers = [
        await call(server, other, 'getBackupRecord', request),
        await call(server, other, 'completeBackup', { ...request, body: {} }),
        await call(server, other, 'deleteBackupRecord', request),
      ];
      for (const answer of answers) expect(refusedWith(400, answer, code)).toBe(msg);
    }
    expect((await list({}, other)).envelope.data).toEqual([]);
    expect(await get(recordId)).toEqual(before);
  });
});

describe('its properties', () => {
  it('are kept to the letter', async () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r') });
    // Not fast-check's own arbitrary for any character, because creating that takes seconds.
    const anyCharacter = fc
      .nat(0x10ffff)
      .map((point) => String.fromCodePoint(point))
      .filter((text) => text.isWellFormed());
    const value = fc.oneof(
      fc.json({ stringUnit: 'grapheme', maxDepth: 4 }),
      fc.json({ stringUnit: anyCharacter, maxDepth: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(space, value, space, async (before, text, after) => {
        const properties = before + text + after;
        const created = await create({ properties });
        expect(created.properties).toBe(properties);
        expect((await get(created.recordId)).properties).toBe(properties);
      }),
      { numRuns: isSoak ? 5000 : 20 },
    );
  });

  it.each([
    ['nothing to speak of', '""'],
    ['escapes', '"\\u0000\\ud800\\/\\"\\u00e4"'],
    ['emoji and the end of the plane', '"👩‍👩‍👧\uffff\u{10ffff}\u2028\ufeff"'],
    ['a number as it was written', '1.0e+00'],
    ['the same name twice', '{"a":1,"a":2,"__proto__":3}'],
    ['half a megabyte', JSON.stringify('ä"\\'.repeat(100_000))],
  ])('may be %s', async (_, properties) => {
    const { recordId } = await create({ properties });
    expect((await get(recordId)).properties).toBe(properties);
    await complete(recordId, { properties: ` ${properties}` });
    expect((await get(recordId)).properties).toBe(` ${properties}`);
  });

  it.each(['', ' ', '{', "{'a':1}", 'undefined', '"\ud800"', '"\udfff\ud800"', '\ufeff{}', '{"a":1}\0', '\u00a01'])(
    'are refused if they are %j',
    async (properties) => {
      const before = (await list()).envelope.data;
      const request = { headers, body: { moduleCode: '101', deviceId: 'd', properties } };
      const { code } = ParameterCheckFailed.value;
      const msg = refusedWith(400, await call(server, user, 'createBackupRecord', request), code);
      expect(msg).toBe('body.properties must be a JSON document');
      const { recordId } = await create({ properties: '1' });
      expect(refusedWith(400, await complete(recordId, { properties }), code)).toBe(msg);
      expect(await get(recordId)).toMatchObject({ properties: '1', version: 1 });
      expect((await list()).envelope.data).toHaveLength((before?.length ?? 0) + 1);
    },
  );
});

describe('its device', () => {
  it('is shown while it is bound, but need not be bound', async () => {
    const device = await succeed(server, user, 'bindDevice', { body: { machineCode: 'm', deviceOS: 'os' } });
    const { deviceId } = device;
    const created = await create({ deviceId });
    expect(created.deviceInfo).toEqual(device);
    expect(await get(created.recordId)).toEqual(created);
    const unbound = await create({ deviceId: 'never-bound' });
    expect(unbound).not.toHaveProperty('deviceInfo');
    await succeed(server, user, 'unbindDevice', { path: { deviceId } });
    expect(await get(created.recordId)).not.toHaveProperty('deviceInfo');
    expect((await list({ deviceId })).envelope.data?.map(({ recordId }) => recordId)).toEqual([created.recordId]);
    expect((await list({ deviceId: 'never-bound' })).envelope.data).toEqual([unbound]);
    expect((await list({ deviceId: 'no-records' })).envelope.data).toEqual([]);
  });

  it('of another user is not shown', async () => {
    const other = await server.newUser();
    const { deviceId } = await succeed(server, other, 'bindDevice', { body: { machineCode: 'm' } });
    expect(await create({ deviceId })).not.toHaveProperty('deviceInfo');
    const { data } = (await list({ deviceId })).envelope;
    expect(data).toHaveLength(1);
    expect(data?.[0]).not.toHaveProperty('deviceInfo');
  });

  it.each(['', 'a b', 'a/b', 'ü', '\0', 1, null, {}])('cannot have the id %j', async (deviceId) => {
    const request = { headers, body: { moduleCode: '101', deviceId } };
    const msg = refusedWith(
      400,
      await call(server, user, 'createBackupRecord', request),
      ParameterCheckFailed.value.code,
    );
    expect(msg).toMatch(/^body\.deviceId must /);
  });
});

describe('a record that is to be deleted', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  it('can be read for a while, and is removed in the background, even after a restart', async () => {
    let other = await startTestServer();
    const someone = await other.newUser();
    const lock = await lockHeader(other, someone);
    const body = { moduleCode: '101', deviceId: 'd' };
    const [kept, removed] = [
      await succeed(other, someone, 'createBackupRecord', { headers: lock, body }),
      await succeed(other, someone, 'createBackupRecord', { headers: lock, body }),
    ];
    const query = { moduleCode: '101', pageSize: '9' };
    const path = { recordId: removed.recordId };
    await succeed(other, someone, 'deleteBackupRecord', { headers: lock, path });
    const seen = async () =>
      (await succeed(other, someone, 'listBackupRecord', { query })).map(({ recordId }) => recordId);
    expect(await seen()).toEqual([removed.recordId, kept.recordId]);
    other = await other.restart();
    expect(await seen()).toEqual([removed.recordId, kept.recordId]);
    other.time += minute;
    await vi.advanceTimersByTimeAsync(10_000);
    await expect.poll(seen).toEqual([kept.recordId]);
    const gone = await call(other, someone, 'deleteBackupRecord', { headers: lock, path });
    refusedWith(400, gone, RecordDoesNotExist.value.code);
    await other.close();
  });
});

describeEngines((make) => {
  describe('a page of a list', () => {
    /** Creates records with properties of these lengths. Returns the ids on each page of their list. */
    async function pagesOf(lengths: number[]): Promise<{ created: string[]; pages: string[][] }> {
      using storage = await make();
      const { data, databaseUrl } = storage;
      const own = await startTestServer({ data, ...(databaseUrl !== undefined && { databaseUrl }) });
      const someone = await own.newUser();
      const held = await lockHeader(own, someone);
      const created: string[] = [];
      for (const length of lengths) {
        const body = { moduleCode: '101', deviceId: 'd', properties: JSON.stringify('x'.repeat(length)) } as const;
        created.push((await succeed(own, someone, 'createBackupRecord', { headers: held, body })).recordId);
      }
      const pages: string[][] = [];
      let more = {};
      for (;;) {
        const query = { moduleCode: '101', pageSize: '100', ...more };
        const { envelope } = await call(own, someone, 'listBackupRecord', { query });
        pages.push((envelope.data ?? []).map(({ recordId }) => recordId));
        if (envelope.nextCursor === undefined) break;
        more = { cursor: envelope.nextCursor };
      }
      await own.close();
      return { created, pages };
    }

    it('ends after a megabyte of properties, or after one record, and the next page continues', async () => {
      const { created, pages } = await pagesOf([10, 1_048_000, 1_048_000, 400_000, 400_000, 400_000]);
      expect(pages.map(({ length }) => length)).toEqual([2, 1, 1, 2]);
      expect(pages.flat()).toEqual(created.toReversed());
    });
  });
});

describeEngines((make, engine) => {
  it('the records of a device are found by an index', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    try {
      const filter = { userId: 'u', moduleCode: '101', deviceId: 'd' } as const;
      for (const before of [undefined, '99']) {
        const [sql, ...values] = listRecordsStatement(filter, before, 101);
        const plan = await store.read(`${engine === 'SQLite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${sql}`, ...values);
        const text = JSON.stringify(plan);
        expect(text).toContain('records_by_device');
        expect(text).toMatch(/device_key ?= ?/);
        expect(text).not.toContain('records_by_module');
        expect(text).not.toMatch(/SCAN records|Seq Scan on records/);
      }
    } finally {
      await store.close();
    }
  });

  it('a list of a device does not contain records of a device with the same hash', async () => {
    using storage = await make();
    const store = await openTestStore(storage);
    try {
      await store.transact('takeLock', 'u', '101', 'l', 0);
      await store.transact('createRecord', 'u', 'l', '1', '101', 'd', undefined, 1);
      await store.transact('createRecord', 'u', 'l', '2', '101', 'e', undefined, 1);
      await store.transact(
        'query',
        'UPDATE records SET device_key = (SELECT device_key FROM records WHERE record_id = 1)',
      );
      const [sql, ...values] = listRecordsStatement({ userId: 'u', moduleCode: '101', deviceId: 'd' }, undefined, 9);
      expect((await store.read(sql, ...values)).map(({ record_id }) => record_id)).toEqual(['1']);
    } finally {
      await store.close();
    }
  });
});
