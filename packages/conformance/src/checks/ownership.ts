import { randomUUID } from 'node:crypto';
import type { Operation } from '@koodrive-backup/spec/contract';
import { otherUser, type StateCheck, type Suite } from '../check.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import type { Change } from '../requests/call.ts';
import { kindsOf, makers, type Place, placesOf } from '../requests/kinds.ts';
import { nearMisses } from '../requests/near-misses.ts';
import { bindDevice, listDevices, unbindDevice } from './state/devices.ts';
import { takeLock } from './state/locks.ts';
import { refusedFor, type StateModel, type Step, type Subject, step } from './state/model.ts';
import {
  completeRecord,
  createRecord,
  createRecordOfDevice,
  deleteRecord,
  readList,
  readRecord,
} from './state/records.ts';

/** Returns the operations whose path names a thing of this kind. */
function naming(model: StateModel, kind: keyof typeof makers): Operation[] {
  const isNamed = (place: Place): boolean => place.in === 'path' && place.madeBy.operation === makers[kind];
  return model.contract.operations.filter((operation) => placesOf(operation).some(isNamed));
}

const unknownIdRefused: StateCheck = {
  id: 'unknown-id-refused',
  title: 'An unknown id in a path is refused, even one that almost equals a known id.',
  level: 'behaviour',
  subject: 'getBackupRecord',
  *steps(model, { main, fixtures, scope }) {
    yield createRecord(model, main);
    for (let i = 0; i < 2; i += 1) yield bindDevice(model, main, { machineCode: fixtures.machineCode() });
    const [record] = model.records;
    const [gone, bound] = model.devices;
    if (!record || !gone || !bound) return;
    yield readRecord(model, main, record);
    yield unbindDevice(model, main, gone);
    for (const kind of ['record', 'device'] as const) {
      const { id } = kind === 'record' ? record : bound;
      const unknown = [unknownLike(id, 1), 'none', randomUUID(), '9'.repeat(40), "'--", 'x'.repeat(256)];
      const near = nearMisses(id).map(([, value]) => value);
      for (const operation of naming(model, kind)) {
        for (const other of scope.some([...unknown, 'x'.repeat(5_000), ...near])) {
          yield step(model, operation.id, main, { [kind]: other });
        }
      }
    }
    for (const operation of naming(model, 'device')) yield step(model, operation.id, main, { device: gone });
    yield listDevices(model, main);
    yield completeRecord(model, main, record);
    yield deleteRecord(model, main, record);
  },
};

const othersPrivate: StateCheck = {
  id: 'others-private',
  needs: ['other'],
  title: "A user can neither see nor change another user's records and devices.",
  level: 'behaviour',
  subject: 'getBackupRecord',
  *steps(model, suite) {
    const { main } = suite;
    const other = otherUser(suite);
    const made = yield* createRecordOfDevice(model, suite);
    if (!made) return;
    const { device, record } = made;
    for (const operation of naming(model, 'record')) yield step(model, operation.id, other, { record });
    for (const operation of naming(model, 'device')) yield step(model, operation.id, other, { device });
    const moduleCode = String(record.data.moduleCode);
    yield* readList(model, other, { moduleCode, deviceId: device.id });
    yield* readList(model, other, { moduleCode });
    yield listDevices(model, other);
    // The same machineCode of another user is another device.
    yield bindDevice(model, other, { machineCode: device.machineCode });
    // The other user must have changed nothing.
    yield readRecord(model, main, record);
    yield listDevices(model, main);
  },
};

const refusedChangesNothing: StateCheck = {
  id: 'refused-changes-nothing',
  title: 'A refused request changes nothing.',
  level: 'behaviour',
  subject: 'createBackupRecord',
  *steps(model, suite) {
    const { main, fixtures } = suite;
    const made = yield* createRecordOfDevice(model, suite);
    if (!made) return;
    const { device, record } = made;
    yield listDevices(model, main);
    const withLock = [
      createRecord(model, main, {}, { device }),
      completeRecord(model, main, record),
      deleteRecord(model, main, record),
    ];
    const all = [
      ...withLock,
      unbindDevice(model, main, device),
      bindDevice(model, main, { machineCode: fixtures.machineCode() }),
    ];
    for (const made of all) {
      yield refusedFor(made, 'no credential', '/paths', {}, { authorizations: [] });
      yield refusedFor(made, 'a wrong credential', '/paths', {}, { authorizations: ['Bearer+none'] });
      yield refusedFor(made, 'an X-Date that is not a date', '/paths', { headers: { 'X-Date': 'now' } });
    }
    for (const { operation, change } of withLock) {
      yield { ...step(model, operation.id, main, { lock: randomUUID() }, change) };
    }
    const [create] = withLock;
    if (!create) return;
    yield refusedFor(create, 'a moduleCode outside its enum', '/paths', { fields: { moduleCode: '999' } });
    yield refusedFor(create, 'properties that are not JSON', '/paths', { fields: { properties: '{' } });
    yield readRecord(model, main, record);
    yield* readList(model, main, { moduleCode: String(record.data.moduleCode), deviceId: device.id });
    yield listDevices(model, main);
  },
};

const existenceHidden: StateCheck = {
  id: 'existence-hidden',
  needs: ['other'],
  title:
    "A request for another user's record, device or lock gets the same status, code and message as for an unknown id.",
  level: 'behaviour',
  subject: 'getBackupRecord',
  turn: 'locks',
  async *steps(model, suite) {
    const other = otherUser(suite);
    for (const { maker } of kindsOf(model.contract)) {
      const made = await makeOf(maker.id, model, suite);
      if (!made) continue;
      yield made.step;
      const id = made.id();
      if (id === undefined) continue;
      for (const operation of model.contract.operations) {
        for (const place of placesOf(operation).filter(({ madeBy }) => madeBy.operation === maker.id)) {
          yield* compareWithNothing(model, operation, place, id, other);
        }
      }
    }
  },
};

/** Returns the step that creates a thing for the main user, and a function that returns its id afterwards. */
async function makeOf(
  maker: string,
  model: StateModel,
  { main, fixtures }: Suite,
): Promise<{ step: Step; id: () => string | undefined } | undefined> {
  if (maker === makers.record) return { step: createRecord(model, main), id: () => model.records[0]?.id };
  if (maker === makers.device) {
    return { step: bindDevice(model, main, { machineCode: fixtures.machineCode() }), id: () => model.devices[0]?.id };
  }
  if (maker !== makers.lock) return undefined;
  return { step: takeLock(model, main, await fixtures.freeModule()), id: () => model.locks[0]?.id };
}

/** Sends an unknown id twice, and then the id of the main user's thing, as the other user; compares the answers. */
function* compareWithNothing(
  model: StateModel,
  operation: Operation,
  { name, change }: Place,
  id: string,
  other: Identity,
): Generator<Step> {
  const nothing: Told[] = [];
  const ask = (sent: string, compare: Step['compare']): Step => ({
    ...step(model, operation.id, other, {} satisfies Subject, change(sent) satisfies Change),
    rule: () => ({ verdict: 'either', why: 'an id of nobody', pointer: 'errata.md#e15' }),
    ...(compare && { compare }),
  });
  for (const nth of [1, 2]) {
    const unknown = unknownLike(id, nth);
    yield ask(unknown, (exchange) => {
      nothing.push(toldIn(exchange, unknown));
      return undefined;
    });
  }
  yield ask(id, (exchange) => {
    const theirs = toldIn(exchange, id);
    const [one, another] = nothing;
    // A message that differs for two unknown ids (it has a time, for example) does not depend on the id.
    const isSame = theirs.outcome === one?.outcome && (theirs.msg === one.msg || one.msg !== another?.msg);
    if (isSame || !one) return undefined;
    const expected = `the same answer to another user's ${name} as to an unknown one: ${wordsOf(one)}`;
    return { expected, got: wordsOf(theirs) };
  });
}

/** What an answer reveals about the id in the request. */
interface Told {
  /** The status, the code, and the names of the fields in `data`. */
  outcome: string;
  /** The message, without the id itself. */
  msg: unknown;
}

function toldIn({ answer, failure, judgement }: Exchange, id: string): Told {
  const { code, msg, data } = judgement.envelope ?? {};
  const fields = isObject(data) ? `, with ${Object.keys(data).sort().join(', ')}` : '';
  return {
    outcome: failure?.message ?? `status ${answer?.status}, code ${JSON.stringify(code)}${fields}`,
    msg: typeof msg === 'string' ? msg.replaceAll(id, '<id>') : msg,
  };
}

const wordsOf = ({ outcome, msg }: Told): string => `${outcome}, msg ${JSON.stringify(msg)}`;

/** Returns an unknown id of the same form as a known one, so that answers cannot differ because of the form. */
function unknownLike(id: string, nth: number): string {
  // Not the next number: the provider may have given it to somebody meanwhile.
  if (/^\d+$/.test(id)) return String(BigInt.asUintN(62, BigInt(id)) + BigInt(nth) * 1_000_003n);
  const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;
  if (uuid.test(id)) return id.replace(uuid, randomUUID());
  const half = Math.floor(id.length / 2);
  return id.slice(0, half) + id.slice(half).replace(/[\da-z]/gi, (character) => shifted(character, nth));
}

/** Returns the character `by` places further among the digits, or the letters of the same case. */
function shifted(character: string, by: number): string {
  const alphabet = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const [own = character] = alphabet.filter((characters) => characters.includes(character));
  return own.charAt((own.indexOf(character) + by) % own.length);
}

/** The checks that users are kept apart, and that a refusal changes and reveals nothing. */
export const ownershipChecks: StateCheck[] = [unknownIdRefused, othersPrivate, refusedChangesNothing, existenceHidden];
