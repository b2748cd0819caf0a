import { randomUUID } from 'node:crypto';
import { type CaseCheck, otherUser, type StateCheck, type Suite } from '../check.ts';
import type { Identity } from '../http/session.ts';
import { withValues } from '../requests/call.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { makers, placesOf } from '../requests/kinds.ts';
import { lockSeconds } from '../requests/lifetimes.ts';
import { nearMisses } from '../requests/near-misses.ts';
import { releaseLock, renewLock, takeLock } from './state/locks.ts';
import { type StateModel, type Step, step } from './state/model.ts';
import { createRecord } from './state/records.ts';

const isLock = ({ madeBy }: { madeBy: { operation: string } }): boolean => madeBy.operation === makers.lock;

const lockNeeded: CaseCheck = {
  id: 'lock-needed',
  title: 'What changes records needs a live lock: an unknown or released one is refused.',
  level: 'behaviour',
  concerns: (operation) => placesOf(operation).some(isLock),
  async cases(base, { fixtures }) {
    const place = placesOf(base.operation).find(isLock);
    if (place?.in !== 'header') return [];
    const released = await fixtures.releasedLock();
    const suffix = released.includes('@') ? released.slice(released.indexOf('@')) : '';
    const live = await fixtures.lock();
    const ids: [string, string][] = [
      ['that is unknown', randomUUID() + suffix],
      ['that was released', released],
      ...nearMisses(live),
    ];
    return ids.map(([name, id]) => ({
      name: `a lock id ${name}`,
      call: withValues(base, 'header', place.name, [id]),
      expect: 'refused',
      pointer: place.pointer,
    }));
  },
};

/** A module whose lock nobody has: not even the suite. */
async function freeModule({ fixtures }: Suite): Promise<string> {
  const [moduleCode = ''] = (await fixtures.lockable()).slice(-1);
  await fixtures.freeLock(moduleCode);
  return moduleCode;
}

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
  async *steps(model, suite) {
    const { main } = suite;
    const moduleCode = await freeModule(suite);
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
  async *steps(model, suite) {
    const moduleCode = await freeModule(suite);
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
  async *steps(model, suite) {
    const { main, contract } = suite;
    const other = otherUser(suite);
    const moduleCode = await freeModule(suite);
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

const lockExpires: StateCheck = {
  id: 'lock-expires',
  needs: ['time'],
  title: `A lock ends ${lockSeconds / 60} minutes after it was taken or renewed, and not before.`,
  level: 'behaviour',
  subject: 'renewalBackupLock',
  async *steps(model, suite) {
    const { main, wait } = suite;
    if (!wait) throw new FixtureMissing('it takes 20 minutes, and --slow was not given');
    const pass = async (ms: number): Promise<void> => {
      await wait(ms);
      model.passedMs += ms;
    };
    const moduleCode = await freeModule(suite);
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
  },
};

/** The checks of locks. */
export const lockChecks: (CaseCheck | StateCheck)[] = [
  lockNeeded,
  lockExclusive,
  lockParallel,
  lockOtherUser,
  lockExpires,
];
