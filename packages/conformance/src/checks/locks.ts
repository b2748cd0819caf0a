import { randomUUID } from 'node:crypto';
import type { Contract } from '@koodrive-backup/spec/contract';
import { type CaseCheck, needs, otherUser, type StateCheck } from '../check.ts';
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

/** Whether the tested operations can take a lock and release it. */
const canRelease = (contract: Contract): boolean =>
  kindsOf(contract).some(({ maker, remover }) => maker.id === makers.lock && remover !== undefined);

const lockNeeded: CaseCheck = {
  id: 'lock-needed',
  title: 'Changing records needs a live lock: an unknown or released lock is refused.',
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

/** Takes a lock and releases it, which proves that it is free. If its user holds it already, the check sees nothing. */
function* tryLock(model: StateModel, as: Identity, moduleCode: string): Generator<Step> {
  yield takeLock(model, as, moduleCode);
  const [lock] = model.locks;
  if (!lock) throw new FixtureMissing(`the provider did not hand out the lock of module ${moduleCode}`);
  yield releaseLock(model, as, lock);
}

const lockExclusive: StateCheck = {
  id: 'lock-exclusive',
  title: 'While the lock of a module is live, nobody gets another lock of that module.',
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
  title: 'Of many requests for one lock at the same time, exactly one gets it.',
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
  title: "A lock belongs to its user: another user's lock is refused, and blocks only that user.",
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

/** How long the shared lock is held at least, in milliseconds. Most runs hold it longer anyway. */
const heldMs = 3_000;

const lockLasts: StateCheck = {
  id: 'lock-lasts',
  title: 'A lock stays live while the run holds it (3 seconds at least), whatever it was used for.',
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
  title: `A lock expires ${lockSeconds / 60} minutes after it was taken or last renewed, and not before.`,
  level: 'behaviour',
  subject: 'renewalBackupLock',
  turn: 'alone',
  async *steps(model, suite) {
    const { main, wait } = suite;
    if (!wait) throw new FixtureMissing(needs.time.missing);
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
