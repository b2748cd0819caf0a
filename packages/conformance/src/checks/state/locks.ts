import type { Identity } from '../../http/session.ts';
import { makers } from '../../requests/kinds.ts';
import { dataIn, isLive, type LockModel, lockMs, type StateModel, type Step, step } from './model.ts';

/**
 * Asks for the lock of a module (errata, E12).
 *
 * @param isFree Whether the suite knows that nobody holds the lock. If not, the lock counts as free only if this
 *   scenario held it and no longer does.
 */
export function takeLock(model: StateModel, as: Identity, moduleCode: string, isFree = false): Step {
  const isSame = (lock: LockModel): boolean => lock.owner === as && lock.moduleCode === moduleCode;
  const asked = step(model, makers.lock, as, {}, { fields: { moduleCode } });
  return {
    ...asked,
    excuse: lockHeld,
    rule() {
      const known = model.locks.filter(isSame);
      const isHeld = known.some((lock) => isLive(model, lock));
      // Another client of the same user may hold the lock: only a client that has held it knows that it is free.
      const verdict = isHeld ? 'refused' : isFree || known.length > 0 ? 'accepted' : 'either';
      const pointer = isHeld ? 'errata.md#e12' : asked.operation.pointer;
      return { verdict, why: `the module has ${isHeld ? 'a' : 'no'} live lock`, pointer };
    },
    accept(envelope) {
      const id = dataIn(envelope)?.lockId;
      if (id === undefined) return undefined;
      const isKnown = model.locks.some((lock) => lock.id === id);
      model.locks.unshift({
        id: String(id),
        owner: as,
        moduleCode,
        endsAtMs: model.passedMs + lockMs,
        isReleased: false,
      });
      return isKnown ? { expected: 'a lock id of its own for each lock', got: `${id} again` } : undefined;
    },
  };
}

/** The reason why a provider may refuse the lock of a module that this run does not hold. */
export const lockHeld = 'another run of the suite is at work for the same user, and may hold the lock';

/** Renews a lock: its full lifetime starts again now (errata, E13). */
export function renewLock(model: StateModel, as: Identity, lock: LockModel): Step {
  return {
    ...step(model, 'renewalBackupLock', as, { lock }),
    accept() {
      lock.endsAtMs = model.passedMs + lockMs;
      return undefined;
    },
  };
}

/** Releases a lock. No request may use it any more (errata, E13). */
export function releaseLock(model: StateModel, as: Identity, lock: LockModel): Step {
  return {
    ...step(model, 'releaseBackupLock', as, { lock }),
    accept() {
      lock.isReleased = true;
      return undefined;
    },
  };
}
