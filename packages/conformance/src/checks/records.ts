import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { RequestCheck } from '../check.ts';
import { isObject } from '../judge/oracle.ts';
import { type Life, living, otherUser, without } from './life.ts';

type Data = Record<string, unknown>;

/** How many records are created at once. */
const many = 24;

const recordNew = living(
  'record-new',
  'A new record has status 0, version 1, no endTime, and was created now.',
  '/components/schemas/BackupRecord',
  'createBackupRecord',
  async ({ suite, data, equal, see }) => {
    const { earliest } = suite.clock.now();
    const record = await data('createBackupRecord');
    equal('createBackupRecord', record.status, 0, 'status');
    equal('createBackupRecord', record.version, 1, 'version');
    see('createBackupRecord', !('endTime' in record), 'no endTime', record.endTime);
    seeNow({ suite, see }, 'createBackupRecord', 'createTime', record.createTime, earliest);
  },
);

const recordEcho = living(
  'record-echo',
  'moduleCode, deviceId and properties come back exactly as they were sent, from every operation that gives them.',
  '/components/schemas/BackupRecordInput',
  'createBackupRecord',
  async ({ suite, data, record, list, equal, operation }) => {
    // More than one, since the id of one may happen to be a number that a double holds.
    const deviceIds: string[] = [];
    for (let i = 0; i < 4; i += 1) deviceIds.push(await suite.fixtures.bindDevice());
    const schema = operation('createBackupRecord').body?.schema.properties?.moduleCode;
    const texts = [
      '{"test":"123"}',
      ' { "b" : 1.0, "a":\t[1e3, 12345678901234567890] }\r\n',
      '{"a":1,"a":2}',
      '"\\u00e9\\/\\ud83d\\ude00"',
      '{"\u00e9":"\u4e2d\u6587 \u{1f600} \u2028 e\u0301 \ufb01"}',
      'null',
      '0',
      '""',
      `"${'x'.repeat(20_000)}"`,
      ...fc.sample(fc.json(), { seed: suite.seed, numRuns: 6 }),
    ];
    const created = [];
    for (const [i, properties] of texts.entries()) {
      const moduleCode = schema?.enum?.[i % schema.enum.length];
      const deviceId = deviceIds[i % deviceIds.length] ?? '';
      const answer = await data('createBackupRecord', { fields: { moduleCode, deviceId, properties } });
      const sent = { moduleCode, properties, deviceId };
      const read = await record(answer.recordId);
      equal('createBackupRecord', sentPart(answer, deviceId), sent, 'exactly');
      equal('getBackupRecord', sentPart(read, deviceId), sent, 'exactly');
      created.push({ recordId: answer.recordId, ...sent });
    }
    for (const deviceId of deviceIds) {
      const ofDevice = created.filter((one) => one.deviceId === deviceId);
      for (const moduleCode of new Set(ofDevice.map((one) => String(one.moduleCode)))) {
        const listed = await list({ moduleCode, deviceId });
        const expected = ofDevice.filter((one) => one.moduleCode === moduleCode).reverse();
        const got = listed.map((one) => ({ recordId: one.recordId, ...sentPart(one, deviceId) }));
        equal('listBackupRecord', got, expected, 'exactly');
      }
    }
    const bare = await data('createBackupRecord', { fields: { properties: undefined } });
    equal('createBackupRecord', 'properties' in bare, false, 'no properties where none were sent:');
  },
);

/** What of a record was in the request. A provider need not give the device: then it is taken to be the right one. */
function sentPart({ moduleCode, properties, deviceInfo }: Data, deviceId: string): Data {
  return { moduleCode, properties, deviceId: isObject(deviceInfo) ? deviceInfo.deviceId : deviceId };
}

const recordFound = living(
  'record-found',
  'A record that was created can be read and listed, as it was answered.',
  '/components/schemas/BackupRecord',
  'getBackupRecord',
  async ({ suite, data, record, list, equal }) => {
    const deviceId = await suite.fixtures.bindDevice();
    const created = await data('createBackupRecord', { fields: { deviceId } });
    equal('getBackupRecord', await record(created.recordId), created, 'the record as it was created:');
    const listed = await list({ moduleCode: String(created.moduleCode), deviceId });
    equal('listBackupRecord', listed, [created], 'the records of the device:');
  },
);

const recordCompleted = living(
  'record-completed',
  'Completing a record makes its status 1, sets endTime once, and counts its version.',
  'errata.md#e17',
  'completeBackup',
  async (life) => {
    const { suite, data, record, accepted, equal } = life;
    const created = await data('createBackupRecord', { fields: { properties: '{"a":1}' } });
    const path = { recordId: String(created.recordId) };
    const { earliest } = suite.clock.now();
    await accepted('completeBackup', { path, body: {} });
    const completed = await record(created.recordId);
    const changes = { status: 1, version: 2 };
    equal(
      'completeBackup',
      without(completed, 'endTime'),
      { ...created, ...changes },
      'the record with status 1 and the next version, all else as it was:',
    );
    seeNow(life, 'completeBackup', 'endTime', completed.endTime, earliest);
    await accepted('completeBackup', { path, body: {} });
    equal('completeBackup', await record(created.recordId), completed, 'nothing changed by completing it again:');
    await accepted('completeBackup', { path, body: { properties: '{"a":1}' } });
    equal('completeBackup', await record(created.recordId), completed, 'nothing changed by the same properties:');
    await accepted('completeBackup', { path, body: { properties: '{"b": 2}' } });
    equal(
      'completeBackup',
      await record(created.recordId),
      { ...completed, properties: '{"b": 2}', version: 3 },
      'other properties, the next version and the same endTime:',
    );
  },
);

const recordDeleted = living(
  'record-deleted',
  'Deleting a record makes its status 2; it is not completed afterwards.',
  'errata.md#e18',
  'deleteBackupRecord',
  async ({ data, send, record, accepted, refused, equal }) => {
    const created = await data('createBackupRecord');
    const path = { recordId: String(created.recordId) };
    await accepted('deleteBackupRecord', { path });
    // When it is removed is not promised: from then on it does not exist.
    const { judgement } = await send('getBackupRecord', { path });
    if (!judgement.isTaken) return;
    const deleted = { ...created, status: 2, version: 2 };
    equal('deleteBackupRecord', judgement.envelope?.data, deleted, 'the record with status 2 and the next version:');
    await accepted('deleteBackupRecord', { path });
    equal('deleteBackupRecord', await record(created.recordId), deleted, 'nothing changed by deleting it again:');
    await refused('completeBackup', 'the record is to be deleted', { path, body: {} });
  },
);

const idsUnique = living(
  'creates-in-parallel',
  'Records and devices that are created at once are all there, each with an id of its own.',
  '/components/schemas/BackupRecord',
  'createBackupRecord',
  async ({ suite, data, record, list, equal }) => {
    const { fixtures } = suite;
    const deviceId = await fixtures.bindDevice();
    await fixtures.lock();
    const created = await Promise.all(
      Array.from({ length: many }, (_, i) =>
        data('createBackupRecord', { fields: { deviceId, moduleCode: '100', properties: `${i}` } }),
      ),
    );
    equal('createBackupRecord', new Set(created.map(({ recordId }) => recordId)).size, many, 'ids, all different:');
    const listed = await list({ moduleCode: '100', deviceId });
    const byId = (a: Data, b: Data): number => (String(a.recordId) < String(b.recordId) ? -1 : 1);
    equal('listBackupRecord', listed.toSorted(byId), created.toSorted(byId), 'all of them listed:');
    for (const one of created) equal('getBackupRecord', await record(one.recordId), one, 'by its id the very record:');
    const devices = await Promise.all(Array.from({ length: 8 }, () => fixtures.bindDevice()));
    equal('bindDevice', new Set(devices).size, 8, 'ids, all different:');
  },
);

const listPages = living(
  'list-pages',
  'The pages of a list neither lose nor repeat a record, also while others are added; the newest is first.',
  'errata.md#e16',
  'listBackupRecord',
  async ({ suite, data, list, accepted, equal, see }) => {
    const deviceId = await suite.fixtures.bindDevice();
    const create = async (): Promise<unknown> =>
      (await data('createBackupRecord', { fields: { deviceId, moduleCode: '101' } })).recordId;
    const created: unknown[] = [];
    for (let i = 0; i < 7; i += 1) created.push(await create());
    const idsOf = (records: Data[]): unknown[] => records.map(({ recordId }) => recordId);
    const all = await list({ moduleCode: '101', deviceId });
    const ids = idsOf(all);
    equal('listBackupRecord', ids.toSorted(), created.toSorted(), 'all records:');
    // Which of two of one millisecond is in front is the provider's affair.
    const times = all.map(({ createTime }) => createTime);
    equal('listBackupRecord', times, times.toSorted().reverse(), 'the newest first:');
    for (const pageSize of ['1', '2', '3', '6', '7', '8', '100']) {
      const listed = idsOf(await list({ moduleCode: '101', deviceId, pageSize }));
      equal('listBackupRecord', listed, ids, `in pages of ${pageSize}, all in the same order:`);
    }
    const query = { moduleCode: '101', deviceId, pageSize: '3' };
    const first = await accepted('listBackupRecord', { query });
    const { data: page, nextCursor } = first.judgement.envelope ?? {};
    // It may be shorter than was asked for.
    const length = Array.isArray(page) ? page.length : 0;
    see('listBackupRecord', length >= 1 && length <= 3, 'a page of 1 to 3 records', page, first);
    see('listBackupRecord', typeof nextCursor === 'string', 'a nextCursor where there are more', nextCursor, first);
    await create();
    const rest = await list({ ...query, cursor: String(nextCursor) });
    equal('listBackupRecord', idsOf(rest), ids.slice(length), 'after a record was added, the rest as it was:');
    const other = await list({ ...query, pageSize: '1', cursor: String(nextCursor) });
    equal('listBackupRecord', idsOf(other), ids.slice(length), 'with another pageSize, the rest as it was:');
  },
);

const listFiltered = living(
  'list-filtered',
  'A list has the records of its moduleCode and deviceId, and no others.',
  '/paths/~1koodrive~1ose~1v1~1backup~1record/get',
  'listBackupRecord',
  async ({ suite, data, list, equal }) => {
    const [one, another] = [await suite.fixtures.bindDevice(), await suite.fixtures.bindDevice()];
    const create = async (deviceId: string, moduleCode: string): Promise<unknown> =>
      (await data('createBackupRecord', { fields: { deviceId, moduleCode } })).recordId;
    const expected: { deviceId: string; moduleCode: string; ids: unknown[] }[] = [];
    for (const deviceId of [one, another]) {
      for (const moduleCode of ['100', '101', '102']) {
        expected.push({ deviceId, moduleCode, ids: [await create(deviceId, moduleCode)] });
      }
    }
    for (const { deviceId, moduleCode, ids } of expected) {
      const listed = await list({ deviceId, moduleCode });
      equal(
        'listBackupRecord',
        listed.map(({ recordId }) => recordId),
        ids,
        'the one record of both:',
      );
    }
    equal('listBackupRecord', await list({ deviceId: '1', moduleCode: '100' }), [], 'for an unknown device');
    const all = await list({ moduleCode: '102' });
    const found = all.filter(({ recordId }) => expected.some(({ ids }) => ids.includes(recordId)));
    equal(
      'listBackupRecord',
      found.map(({ moduleCode }) => moduleCode),
      ['102', '102'],
      'without a deviceId, those of both devices:',
    );
  },
);

const cursorRefused = living(
  'cursor-refused',
  'A cursor is good as it was given, for the list that it was given for, and for nothing else.',
  'errata.md#e16',
  'listBackupRecord',
  async ({ suite, data, accepted, refused }) => {
    const deviceId = await suite.fixtures.bindDevice();
    for (let i = 0; i < 3; i += 1) await data('createBackupRecord', { fields: { deviceId, moduleCode: '101' } });
    const query = { moduleCode: '101', deviceId, pageSize: '1' };
    const { judgement } = await accepted('listBackupRecord', { query });
    const cursor = String(judgement.envelope?.nextCursor);
    await accepted('listBackupRecord', { query: { ...query, cursor } });
    const last = cursor.at(-1) === 'A' ? 'B' : 'A';
    const middle = cursor[Math.floor(cursor.length / 2)] === 'A' ? 'B' : 'A';
    const tampered: [string, string][] = [
      ['made up', 'MTg0Mjg2Mjc2MzI5NTE4NDY0MQ'],
      ['with another end', cursor.slice(0, -2) + last + last],
      [
        'with another character in its midst',
        cursor.slice(0, Math.floor(cursor.length / 2)) + middle + cursor.slice(Math.floor(cursor.length / 2) + 1),
      ],
      ['cut off', cursor.slice(0, -2)],
      ['with a character more', `${cursor}A`],
      ['a number', '0'],
    ];
    for (const [name, value] of tampered) {
      if (value !== cursor)
        await refused('listBackupRecord', `a cursor ${name}`, { query: { ...query, cursor: value } });
    }
    await refused('listBackupRecord', 'a cursor of another moduleCode', {
      query: { ...query, moduleCode: '102', cursor },
    });
    const other = await suite.fixtures.bindDevice();
    await refused('listBackupRecord', 'a cursor of another deviceId', { query: { ...query, deviceId: other, cursor } });
    if (suite.other)
      await refused('listBackupRecord', "another user's cursor", { query: { ...query, cursor }, as: suite.other });
  },
);

const unknownRefused = living(
  'unknown-id-refused',
  'An id that names nothing is refused, wherever it stands in a path.',
  'errata.md#e15',
  'getBackupRecord',
  async ({ suite, data, record, refused, accepted }) => {
    const { recordId } = await data('createBackupRecord');
    await record(recordId);
    const gone = await suite.fixtures.bindDevice();
    await accepted('unbindDevice', { path: { deviceId: gone } });
    const near = String(BigInt.asUintN(62, BigInt(/^\d+$/.test(String(recordId)) ? String(recordId) : 1)) + 1_000_003n);
    for (const id of [near, '1', 'none', randomUUID(), '9'.repeat(40), "'--"]) {
      await refused('getBackupRecord', 'the record does not exist', { path: { recordId: id } });
      await refused('completeBackup', 'the record does not exist', { path: { recordId: id }, body: {} });
      await refused('deleteBackupRecord', 'the record does not exist', { path: { recordId: id } });
      await refused('unbindDevice', 'the device does not exist', { path: { deviceId: id } });
    }
    await refused('unbindDevice', 'the device was unbound', { path: { deviceId: gone } });
    const path = { recordId: String(recordId) };
    await accepted('completeBackup', { path, body: {} });
    await accepted('deleteBackupRecord', { path });
  },
);

const unboundAccepted = living(
  'unbound-device-accepted',
  'A record can be created for a device that is not bound, and then has no deviceInfo.',
  'errata.md#e15',
  'createBackupRecord',
  async ({ suite, data, accepted, equal }) => {
    const gone = await suite.fixtures.bindDevice();
    await accepted('unbindDevice', { path: { deviceId: gone } });
    const record = await data('createBackupRecord', { fields: { deviceId: gone } });
    equal('createBackupRecord', 'deviceInfo' in record, false, 'no deviceInfo of a device that is not bound:');
  },
);

const othersPrivate = living(
  'others-private',
  "Another user's records and devices are as good as not there.",
  'errata.md#e15',
  'getBackupRecord',
  async (life) => {
    const { suite, data, record, list, devices, refused, equal } = life;
    const other = otherUser(life);
    const deviceId = await suite.fixtures.bindDevice();
    const mine = await data('createBackupRecord', { fields: { deviceId } });
    const path = { recordId: String(mine.recordId) };
    await suite.fixtures.lock(other);
    await refused('getBackupRecord', "the record is another user's", { path, as: other });
    await refused('completeBackup', "the record is another user's", { path, body: {}, as: other });
    await refused('deleteBackupRecord', "the record is another user's", { path, as: other });
    await refused('unbindDevice', "the device is another user's", { path: { deviceId }, as: other });
    equal(
      'listBackupRecord',
      await list({ moduleCode: String(mine.moduleCode), deviceId }, other),
      [],
      "of another user's device",
    );
    const seen = await list({ moduleCode: String(mine.moduleCode) }, other);
    equal(
      'listBackupRecord',
      seen.some(({ recordId }) => recordId === mine.recordId),
      false,
      "another user's record in a list:",
    );
    equal(
      'listBoundDevice',
      (await devices(other)).some((device) => device.deviceId === deviceId),
      false,
      "another user's device in a list:",
    );
    equal('getBackupRecord', await record(mine.recordId), mine, 'untouched by another user');
    equal(
      'listBoundDevice',
      (await devices()).some((device) => device.deviceId === deviceId),
      true,
      'still bound:',
    );
  },
);

const nothingChanged = living(
  'refused-changes-nothing',
  'A request that was refused has changed nothing.',
  '/paths',
  'createBackupRecord',
  async ({ suite, data, record, list, devices, refused, equal }) => {
    const deviceId = await suite.fixtures.bindDevice();
    const mine = await data('createBackupRecord', { fields: { deviceId } });
    const path = { recordId: String(mine.recordId) };
    const before = await devices();
    const bad = [
      { name: 'no credential', change: { authorizations: [] } },
      { name: 'a wrong credential', change: { authorizations: ['Bearer+none'] } },
      { name: 'no lock that is live', change: { headers: { 'x-backup-lock-id': randomUUID() } } },
      { name: 'an X-Date that is none', change: { headers: { 'X-Date': 'now' } } },
    ];
    for (const { name, change } of bad) {
      await refused('createBackupRecord', name, { fields: { deviceId }, ...change });
      await refused('completeBackup', name, { path, body: {}, ...change });
      await refused('deleteBackupRecord', name, { path, ...change });
      if ('headers' in change && 'x-backup-lock-id' in change.headers) continue;
      await refused('unbindDevice', name, { path: { deviceId }, ...change });
      await refused('bindDevice', name, change);
    }
    await refused('createBackupRecord', 'a moduleCode outside its enum', { fields: { deviceId, moduleCode: '999' } });
    await refused('createBackupRecord', 'properties that are not JSON', { fields: { deviceId, properties: '{' } });
    equal('getBackupRecord', await record(mine.recordId), mine, 'the record as it was:');
    equal(
      'listBackupRecord',
      await list({ moduleCode: String(mine.moduleCode), deviceId }),
      [mine],
      'the records as they were:',
    );
    equal('listBoundDevice', await devices(), before, 'the devices as they were:');
  },
);

/** The checks of records. */
export const recordChecks: RequestCheck[] = [
  recordNew,
  recordEcho,
  recordFound,
  recordCompleted,
  recordDeleted,
  idsUnique,
  listPages,
  listFiltered,
  cursorRefused,
  unknownRefused,
  unboundAccepted,
  othersPrivate,
  nothingChanged,
];

/** A time has to be one between the request and its answer, by the provider's clock. */
export function seeNow(
  { suite, see }: Pick<Life, 'suite' | 'see'>,
  id: string,
  what: string,
  time: unknown,
  earliest: number,
): void {
  const { latest } = suite.clock.now();
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  // A second on either side, since Date counts whole ones.
  const isNow = at >= earliest - 1000 && at <= latest + 1000;
  see(id, isNow, `${what} now, by the provider's Date`, time);
}
