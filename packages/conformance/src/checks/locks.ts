import { randomUUID } from 'node:crypto';
import type { CaseCheck, RequestCheck } from '../check.ts';
import { isObject } from '../judge/oracle.ts';
import { withValues } from '../requests/call.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { lockSeconds } from '../requests/lifetimes.ts';
import { living, otherUser } from './life.ts';

const header = 'x-backup-lock-id';
const pointer = '/components/parameters/BackupLockId';
const needsLock = ({ parameters }: { parameters: { name: string }[] }): boolean =>
  parameters.some(({ name }) => name === header);

const lockNeeded: CaseCheck = {
  id: 'lock-needed',
  title: 'What changes records needs a live lock: an unknown or released one is refused.',
  level: 'behaviour',
  async cases(base, { fixtures }) {
    if (!needsLock(base.operation)) return [];
    const released = await fixtures.releasedLock();
    const suffix = released.includes('@') ? released.slice(released.indexOf('@')) : '';
    const live = await fixtures.lock();
    const ids = {
      'a lock that is unknown': randomUUID() + suffix,
      'a lock that was released': released,
      'a lock id cut off': live.slice(0, -1),
      'a lock id with a character more': `${live}0`,
    };
    return Object.entries(ids).map(([name, id]) => ({
      name,
      call: withValues(base, 'header', header, [id]),
      expect: 'refused',
      pointer,
    }));
  },
};

const lockExclusive = living(
  'lock-exclusive',
  'While the lock of a module is live, it is handed out to nobody else.',
  'errata.md#e12',
  'createBackupLock',
  async ({ suite: { fixtures }, data, refused, accepted, see }) => {
    const [moduleCode = ''] = (await fixtures.lockable()).slice(-1);
    await fixtures.freeLock(moduleCode);
    const { lockId } = await data('createBackupLock', { fields: { moduleCode } });
    await refused('createBackupLock', 'the module has a live lock', { fields: { moduleCode } });
    await accepted('renewalBackupLock', { headers: { [header]: String(lockId) } });
    await refused('createBackupLock', 'the module has a live lock, which was renewed', { fields: { moduleCode } });
    await accepted('releaseBackupLock', { headers: { [header]: String(lockId) } });
    const again = await data('createBackupLock', { fields: { moduleCode } });
    see('createBackupLock', again.lockId !== lockId, 'a lock id of its own for each lock', 'the same lock id again');
    await accepted('releaseBackupLock', { headers: { [header]: String(again.lockId) } });
  },
);

const lockParallel = living(
  'lock-parallel',
  'Of many who ask for one lock at a time, one gets it.',
  'errata.md#e12',
  'createBackupLock',
  async ({ suite: { fixtures }, send, accepted, see }) => {
    const [moduleCode = ''] = (await fixtures.lockable()).slice(-1);
    // Where its lock is held already, nobody could get it.
    const before = await fixtures.takeLock(moduleCode);
    await accepted('releaseBackupLock', { headers: { [header]: before } });
    const exchanges = await Promise.all(
      Array.from({ length: 8 }, () => send('createBackupLock', { fields: { moduleCode } })),
    );
    const taken = exchanges.filter(({ judgement }) => judgement.isTaken);
    see(
      'createBackupLock',
      taken.length === 1,
      'one lock, of 8 that were asked for at once',
      `${taken.length} locks`,
      taken[1],
    );
    for (const { judgement } of taken) {
      const { data } = judgement.envelope ?? {};
      if (isObject(data)) await accepted('releaseBackupLock', { headers: { [header]: String(data.lockId) } });
    }
  },
);

const lockOtherUser = living(
  'lock-other-user',
  "A lock is its user's: another user's is refused, and stands in nobody's way.",
  'errata.md#e14',
  'createBackupLock',
  async (life) => {
    const { suite, data, accepted, refused } = life;
    const other = otherUser(life);
    const { fixtures } = suite;
    const [moduleCode = ''] = (await fixtures.lockable()).slice(-1);
    await fixtures.freeLock(moduleCode);
    // Where they hold it already, it would be refused to them for that.
    const before = await fixtures.takeLock(moduleCode, other);
    await accepted('releaseBackupLock', { headers: { [header]: before }, as: other });
    const mine = await fixtures.takeLock(moduleCode);
    const theirs = await data('createBackupLock', { fields: { moduleCode }, as: other });
    const headers = { [header]: String(theirs.lockId) };
    for (const { id } of suite.contract.operations.filter(needsLock)) {
      await refused(id, "the lock is another user's", { headers });
    }
    await accepted('releaseBackupLock', { headers: { [header]: mine } });
    await accepted('releaseBackupLock', { headers, as: other });
  },
);

const lockExpires = living(
  'lock-expires',
  `A lock ends ${lockSeconds / 60} minutes after it was taken or renewed, and not before.`,
  '/components/schemas/LockInfo',
  'renewalBackupLock',
  async ({ suite: { fixtures, wait }, accepted, refused, data }) => {
    if (!wait) throw new FixtureMissing('it takes half an hour');
    const [moduleCode = ''] = (await fixtures.lockable()).slice(-1);
    await fixtures.freeLock(moduleCode);
    const { lockId } = await data('createBackupLock', { fields: { moduleCode } });
    const headers = { [header]: String(lockId) };
    const almost = (lockSeconds - 10) * 1000;
    await wait(almost);
    await accepted('renewalBackupLock', { headers });
    await wait(almost);
    await refused('createBackupLock', 'the module has a live lock, which was renewed', { fields: { moduleCode } });
    await wait(12_000);
    await refused('renewalBackupLock', 'the lock has expired', { headers });
    await refused('createBackupRecord', 'the lock has expired', { headers });
    await refused('releaseBackupLock', 'the lock has expired', { headers });
    const next = await data('createBackupLock', { fields: { moduleCode } });
    await refused('renewalBackupLock', 'the lock has expired, and another was taken', { headers });
    await accepted('releaseBackupLock', { headers: { [header]: String(next.lockId) } });
  },
);

/** The checks of locks. */
export const lockChecks: (CaseCheck | RequestCheck)[] = [
  lockNeeded,
  lockExclusive,
  lockParallel,
  lockOtherUser,
  lockExpires,
];
