import { randomUUID } from 'node:crypto';
import type { Contract } from '@koodrive-backup/spec/contract';
import { type CaseCheck, otherUser, type StateCheck } from '../check.ts';
import type { Identity } from '../http/session.ts';
import { sentValue, withValues } from '../requests/call.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { kindsOf, makers, placesOf } from '../requests/kinds.ts';
import { lockSeconds } from '../requests/lifetimes.ts';
import { nearMisses } from '../requests/near-misses.ts';
import { releaseLock, renewLock, takeLock } from './state/locks.ts';
import { type LockModel, lockMs, type StateModel, type Step, step } from './state/model.ts';
import { createRecord } from './state/records.ts';

const isLock = ({ madeBy }: { madeBy: { operation: string } }): boolean => madeBy.operation === makers.lock;

/** Whether a lock can be had and released. */
const canRelease = (contract: Contract): boolean =>
  kindsOf(contract).some(({ maker, remover }) => maker.id === makers.lock && remover !== undefined);

const lockNeeded: CaseCheck = {
  id: 'lock-needed',
  title: 'What changes records needs a live lock: an unknown or released one is refused.',
  level: 'behaviour',
  concerns: (operation) => placesOf(operation).some(isLock),
  turnOf: () => 'locks',
  async cases(base, { contract, fixtures, scope }) {
    const place = placesOf(base.operation).find(isLock);
    if (place?.in !== 'header') return [];
    const live = sentValue(base, place.in, place.name) ?? '';
    const suffix = live.includes('@') ? live.slice(live.indexOf('@')) : '';
    const ids: [string, string][] = [
      ['that is unknown', randomUUID() + suffix],
      ...(canRelease(contract) ? [['that was released', await fixtures.releasedLock()] as [string, string]] : []),
      ...scope.some(nearMisses(live)),
    ];
    return ids.map(([name, id]) => ({
      name: `a lock id ${name}`,
      call: withValues(base, 'header', place.name, [id]),
      expect: 'refused',
      pointer: place.pointer,
    }));
  },
};

/** Takes a lock and releases it: if its user held it already, nothing could be seen by it. */
function* tryLock(model: StateModel, as: Identity, moduleCode: string): Generator<Step> {
  yield takeLock(model, as, moduleCode);
  const [lock] = model.locks;
  if (!lock) throw new FixtureMissing(`the lock of module ${moduleCode} is not to be had`);
  yield releaseLock(model, as, lock);
}

const lockExclusive: StateCheck = {
  id: 'lock-exclusive',
  title: 'While the lock of a module is live, it is handed out to nobody else.',
  level: 'behaviour',
  subject: 'createBackupLock',
  turn: 'locks',
  async *steps(model, suite) {
    const { main } = suite;
    const moduleCode = await suite.fixtures.freeModule();
    yield takeLock(model, main, moduleCode, true);
    const [lock] = model.locks;
    if (!lock) return;
    yield takeLock(model, main, moduleCode);
    yield renewLock(model, main, lock);
    yield takeLock(model, main, moduleCode);
    yield releaseLock(model, main, lock);
    yield takeLock(model, main, moduleCode);
  },
};

const lockParallel: StateCheck = {
  id: 'lock-parallel',
  title: 'Of many who ask for one lock at a time, one gets it.',
  level: 'behaviour',
  subject: 'createBackupLock',
  turn: 'locks',
  async *steps(model, suite) {
    const moduleCode = await suite.fixtures.freeModule();
    yield* tryLock(model, suite.main, moduleCode);
    yield Array.from({ length: 8 }, () => takeLock(model, suite.main, moduleCode));
  },
};

const lockOtherUser: StateCheck = {
  id: 'lock-other-user',
  needs: ['other'],
  title: "A lock is its user's: another user's is refused, and stands in nobody's way.",
  level: 'behaviour',
  subject: 'createBackupLock',
  turn: 'locks',
  async *steps(model, suite) {
    const { main, contract } = suite;
    const other = otherUser(suite);
    const moduleCode = await suite.fixtures.freeModule();
    await suite.fixtures.freeLock(moduleCode, other);
    yield* tryLock(model, other, moduleCode);
    yield* tryLock(model, main, moduleCode);
    yield takeLock(model, main, moduleCode);
    yield takeLock(model, other, moduleCode);
    const theirs = model.locks.find(({ owner, isReleased }) => owner === other && !isReleased);
    const needing = contract.operations.filter((operation) => placesOf(operation).some(isLock));
    for (const { id } of theirs ? needing : []) yield step(model, id, main, { lock: theirs });
  },
};

/** For how long a lock is held at least, in milliseconds: most runs hold theirs for longer anyway. */
const heldMs = 3_000;

const lockLasts: StateCheck = {
  id: 'lock-lasts',
  title: 'A lock is live for as long as the run has held it, some seconds at least, whatever was done with it.',
  level: 'behaviour',
  subject: 'renewalBackupLock',
  turn: 'alone',
  async *steps(model, { main, fixtures, pause }) {
    const id = await fixtures.lock();
    const left = heldMs - fixtures.lockAge();
    if (left > 0) await pause(left);
    const lock: LockModel = { id, owner: main, moduleCode: '', endsAtMs: lockMs, isReleased: false };
    yield createRecord(model, main, {}, { lock });
    yield renewLock(model, main, lock);
  },
};

const lockExpires: StateCheck = {
  id: 'lock-expires',
  needs: ['time'],
  title: `A lock ends ${lockSeconds / 60} minutes after it was taken or renewed, and not before.`,
  level: 'behaviour',
  subject: 'renewalBackupLock',
  turn: 'alone',
  async *steps(model, suite) {
    const { main, wait } = suite;
    if (!wait) throw new FixtureMissing('it takes 20 minutes, and --slow was not given');
    const pass = async (ms: number): Promise<void> => {
      await wait(ms);
      model.passedMs += ms;
    };
    const moduleCode = await suite.fixtures.freeModule();
    yield takeLock(model, main, moduleCode, true);
    const [lock] = model.locks;
    if (!lock) return;
    const almost = (lockSeconds - 10) * 1000;
    await pass(almost);
    yield renewLock(model, main, lock);
    await pass(almost);
    yield takeLock(model, main, moduleCode);
    await pass(12_000);
    yield renewLock(model, main, lock);
    yield createRecord(model, main, {}, { lock });
    yield releaseLock(model, main, lock);
    yield takeLock(model, main, moduleCode);
    yield renewLock(model, main, lock);
    const [next] = model.locks;
    if (next && next !== lock) yield createRecord(model, main, {}, { lock: next });
  },
};

/** The checks of locks. */
export const lockChecks: (CaseCheck | StateCheck)[] = [
  lockNeeded,
  lockExclusive,
  lockParallel,
  lockOtherUser,
  lockLasts,
  lockExpires,
];
