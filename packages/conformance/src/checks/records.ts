import fc from 'fast-check';
import type { StateCheck } from '../check.ts';
import { makers } from '../requests/kinds.ts';
import { nearMisses } from '../requests/near-misses.ts';
import { bindDevice, unbindDevice, unboundDevice } from './state/devices.ts';
import { type DeviceModel, isTested, refusedFor, type Step } from './state/model.ts';
import {
  completeRecord,
  createListing,
  createRecord,
  createRecordOfDevice,
  deleteRecord,
  ownDevice,
  readList,
  readPage,
  readRecord,
} from './state/records.ts';

/** How many records are created at the same time. */
const many = 24;

const recordNew: StateCheck = {
  id: 'record-new',
  title: 'A new record has status 0, version 1, no endTime, and was created now.',
  level: 'behaviour',
  subject: 'createBackupRecord',
  *steps(model, { main }) {
    yield createRecord(model, main);
  },
};

const recordEcho: StateCheck = {
  id: 'record-echo',
  title: 'Every operation that returns moduleCode, deviceId or properties returns them exactly as they were sent.',
  level: 'behaviour',
  subject: 'createBackupRecord',
  *steps(model, suite) {
    const { main, fixtures, seed } = suite;
    const devices: DeviceModel[] = [];
    // Several devices, because a double may happen to hold the id of one exactly.
    for (let i = 0; i < 4; i += 1) devices.push(yield* ownDevice(model, suite));
    const { enum: modules = [] } = fixtures.operation('createBackupRecord').body?.schema.properties?.moduleCode ?? {};
    const rare = [...rareTexts, ...fc.sample(fc.json(), { seed, numRuns: 6 })];
    for (const [i, properties] of [...commonTexts, ...suite.scope.some(rare)].entries()) {
      const moduleCode = String(modules[i % modules.length]);
      yield createRecord(model, main, { moduleCode, properties }, { device: devices[i % devices.length] });
      const [record] = model.records;
      if (record && isTested(model, 'getBackupRecord')) yield readRecord(model, main, record);
    }
    for (const { id: deviceId } of isTested(model, 'listBackupRecord') ? devices : []) {
      for (const moduleCode of modules) yield* readList(model, main, { moduleCode: String(moduleCode), deviceId });
    }
    yield createRecord(model, main, { properties: undefined });
  },
};

/** Properties that every run sends: a provider that parses and writes them again changes all but the first. */
const commonTexts = [
  '{"test":"123"}',
  ' { "b" : 1.0, "a":\t[1e3, 12345678901234567890] }\r\n',
  '{"a":1,"a":2}',
  '"\\u00e9\\/\\ud83d\\ude00"',
];

const rareTexts = [
  '{"\u00e9":"\u4e2d\u6587 \u{1f600} \u2028 e\u0301 \ufb01"}',
  'null',
  '0',
  '""',
  '"  a   b  "',
  '  " a"\t\n ',
  '"\ufeffa\ufeff"',
  '"\u007f\u0085\u2028\u2029\uffff\ufdd0\u{1fffe}\u{10ffff}"',
  '"\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{20000} a\u0308 \u00e4"',
  '"%20 %2525 %C3%A9 +"',
  '"%s %00 % %zz"',
  '"\\u0000\\b\\f\\n\\r\\t \\/ /"',
  '"\'; -- \\" &amp; <b> $x {{y}} \\\\"',
  '1E400',
  '-0',
  ...[64, 255, 256, 4_096, 65_535, 65_536, 1_000_000].map((length) => `"${'x'.repeat(length - 2)}"`),
];

const recordFound: StateCheck = {
  id: 'record-found',
  title: 'A created record can be read and listed, and looks as it did in the answer to its creation.',
  level: 'behaviour',
  subject: 'getBackupRecord',
  *steps(model, suite) {
    const { main } = suite;
    const made = yield* createRecordOfDevice(model, suite);
    if (!made) return;
    const { device, record } = made;
    yield readRecord(model, main, record);
    yield* readList(model, main, { moduleCode: String(record.data.moduleCode), deviceId: device.id });
  },
};

const recordCompleted: StateCheck = {
  id: 'record-completed',
  title: 'Completing a record sets its status to 1, sets endTime once, and raises its version by 1.',
  level: 'behaviour',
  subject: 'completeBackup',
  *steps(model, suite) {
    const { main } = suite;
    const made = yield* createRecordOfDevice(model, suite, { moduleCode: '101', properties: '{"a":1}' });
    if (!made) return;
    const { device, record } = made;
    for (const fields of [{}, {}, { properties: '{"a":1}' }, { properties: '{"b": 2}' }]) {
      yield completeRecord(model, main, record, fields);
      yield readRecord(model, main, record);
      yield* readList(model, main, { moduleCode: '101', deviceId: device.id });
    }
  },
};

const recordDeleted: StateCheck = {
  id: 'record-deleted',
  title: 'Deleting a record sets its status to 2. A deleted record cannot be completed.',
  level: 'behaviour',
  subject: 'deleteBackupRecord',
  *steps(model, suite) {
    const { main } = suite;
    const made = yield* createRecordOfDevice(model, suite, { moduleCode: '101' });
    if (!made) return;
    const { device, record } = made;
    for (let i = 0; i < 2; i += 1) {
      yield deleteRecord(model, main, record);
      yield readRecord(model, main, record);
      yield* readList(model, main, { moduleCode: '101', deviceId: device.id });
    }
    yield completeRecord(model, main, record);
  },
};

const createsInParallel: StateCheck = {
  id: 'creates-in-parallel',
  title: 'Records and devices that are created at the same time all exist, each with its own id.',
  level: 'behaviour',
  subject: 'createBackupRecord',
  async *steps(model, suite) {
    const { main, fixtures } = suite;
    const device = yield* ownDevice(model, suite);
    // Take the shared lock first: the requests below are sent at the same time, and all need it.
    await fixtures.lock();
    yield Array.from({ length: many }, (_, i) =>
      createRecord(model, main, { moduleCode: '100', properties: `${i}` }, { device }),
    );
    if (isTested(model, makers.device)) {
      yield Array.from({ length: 8 }, () => bindDevice(model, main, { machineCode: fixtures.machineCode() }));
    }
    if (isTested(model, 'listBackupRecord')) {
      yield* readList(model, main, { moduleCode: '100', deviceId: device.id });
    }
    for (const record of isTested(model, 'getBackupRecord') ? model.records : []) yield readRecord(model, main, record);
  },
};

const listPages: StateCheck = {
  id: 'list-pages',
  title: 'The pages of a list lose and repeat no record, even while records are added. The newest record comes first.',
  level: 'behaviour',
  subject: 'listBackupRecord',
  async *steps(model, suite) {
    const { main, fixtures } = suite;
    const device = yield* ownDevice(model, suite);
    const query = { moduleCode: '101', deviceId: device.id };
    for (let i = 0; i < 7; i += 1) yield createRecord(model, main, { moduleCode: '101' }, { device });
    const whole = yield* readList(model, main, query);
    for (const pageSize of ['1', '2', '3', '6', '7', '8', '100']) {
      yield* readList(model, main, { ...query, pageSize }, whole);
    }
    const [pages, others] = ['3', '1'].map((pageSize) => createListing(model, main, { ...query, pageSize }, whole));
    if (!pages || !others) return;
    yield readPage(model, pages);
    yield createRecord(model, main, { moduleCode: '101' }, { device });
    // A cursor must also work with another pageSize.
    Object.assign(others, { cursor: pages.cursor, seen: [...pages.seen] });
    for (const listing of [pages, others]) while (!listing.isDone) yield readPage(model, listing);
    // Create more records than two of the largest pages hold.
    await fixtures.lock();
    const more = suite.scope.some(Array.from({ length: 9 * many }, (_, i) => `${i}`));
    for (let i = 0; i < more.length; i += many) {
      const some = more.slice(i, i + many);
      yield some.map((properties) => createRecord(model, main, { moduleCode: '102', properties }, { device }));
    }
    yield* readList(model, main, { moduleCode: '102', deviceId: device.id });
  },
};

const listFiltered: StateCheck = {
  id: 'list-filtered',
  title: 'A list has exactly the records of its moduleCode and deviceId.',
  level: 'behaviour',
  subject: 'listBackupRecord',
  *steps(model, suite) {
    const { main, fixtures } = suite;
    const modules = ['100', '101', '102'];
    const devices = [yield* ownDevice(model, suite), yield* ownDevice(model, suite)];
    for (const device of devices) {
      for (const moduleCode of modules) yield createRecord(model, main, { moduleCode }, { device });
    }
    for (const deviceId of [...devices.map(({ id }) => id), '1', undefined]) {
      for (const moduleCode of modules) {
        yield* readList(model, main, { moduleCode, ...(deviceId !== undefined && { deviceId }) });
      }
    }
    const [device] = devices;
    if (!device) return;
    const filter = fixtures.operation('listBackupRecord').parameters.find(({ name }) => name === 'deviceId');
    for (const [, id] of nearMisses(device.id).filter(([, value]) => filter?.validate(value))) {
      yield* readList(model, main, { moduleCode: '100', deviceId: id });
    }
  },
};

const cursorRefused: StateCheck = {
  id: 'cursor-refused',
  title: 'A cursor is accepted only unchanged, and only for the list that it came from.',
  level: 'behaviour',
  subject: 'listBackupRecord',
  *steps(model, suite) {
    const { main, other } = suite;
    const [device, another] = [yield* ownDevice(model, suite), yield* ownDevice(model, suite)];
    for (let i = 0; i < 3; i += 1) yield createRecord(model, main, { moduleCode: '101' }, { device });
    const query = { moduleCode: '101', deviceId: device.id, pageSize: '1' };
    const listing = createListing(model, main, query);
    yield readPage(model, listing);
    const { cursor } = listing;
    if (cursor === undefined) return;
    const next = readPage(model, listing);
    const refused = (why: string, change: Record<string, string>, as = main): Step => ({
      ...refusedFor(next, `a cursor ${why}`, 'errata.md#e16', { query: change }),
      as,
    });
    for (const [why, value] of suite.scope.some(tamperedCursors(cursor)))
      if (value !== cursor) yield refused(why, { cursor: value });
    yield refused('of another moduleCode', { moduleCode: '102' });
    yield refused('of another deviceId', { deviceId: another.id });
    if (other) yield refused('of another user', {}, other);
    yield next;
  },
};

function tamperedCursors(cursor: string): [why: string, value: string][] {
  const other = (char: string | undefined): string => (char === 'A' ? 'B' : 'A');
  const altered = (at: number): string => cursor.slice(0, at) + other(cursor[at]) + cursor.slice(at + 1);
  const last = cursor.length - 1;
  return [
    ['that was never issued', 'MTg0Mjg2Mjc2MzI5NTE4NDY0MQ'],
    ['that is a number', '0'],
    ['with another end', cursor.slice(0, -2) + other(cursor[last]).repeat(2)],
    ['that is cut off', cursor.slice(0, -2)],
    ['that is cut in half', cursor.slice(0, Math.ceil(last / 2))],
    ...[0, 0.25, 0.5, 0.75, 1].map((part): [string, string] => [
      `with another character ${part * 100}% of the way`,
      altered(Math.floor(last * part)),
    ]),
    // The last character of Base64 has bits that decoders ignore.
    ...[...'BCDEQRSTghwxyz012389_-'].map((char): [string, string] => [
      `that ends in ${char}`,
      cursor.slice(0, -1) + char,
    ]),
    ...['=', '==', 'A', ' ', '\n'].map((end): [string, string] => [`followed by ${JSON.stringify(end)}`, cursor + end]),
    ...nearMisses(cursor),
  ];
}

const unboundAccepted: StateCheck = {
  id: 'unbound-device-accepted',
  title: 'A record can be created for a device that is not bound. It has no deviceInfo.',
  level: 'behaviour',
  subject: 'createBackupRecord',
  *steps(model, suite) {
    const { main, fixtures } = suite;
    const device = yield* ownDevice(model, suite);
    const field = fixtures.operation('createBackupRecord').body?.schema.properties?.deviceId;
    const isId = new RegExp(field?.pattern ?? '', 'u');
    // A near miss of a bound device's id is a device that is not bound.
    for (const [, id] of nearMisses(device.id).filter(([, value]) => isId.test(value))) {
      yield createRecord(model, main, { moduleCode: '101' }, { device: unboundDevice(id, main) });
    }
    if (isTested(model, 'listBackupRecord')) {
      yield* readList(model, main, { moduleCode: '101', deviceId: device.id });
    }
    if (device.isBound) yield unbindDevice(model, main, device);
    yield createRecord(model, main, {}, { device });
  },
};

/** The checks of records, from simple to complex: the first that fails names the finding. */
export const recordChecks: StateCheck[] = [
  recordNew,
  recordEcho,
  recordFound,
  recordCompleted,
  recordDeleted,
  createsInParallel,
  listFiltered,
  listPages,
  cursorRefused,
  unboundAccepted,
];
