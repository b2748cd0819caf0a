import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { removeEnded, single, type Work } from '../store/store.ts';

/** How long a lock lasts once it is taken or renewed, in milliseconds. */
export const lockMs: number = contract.components.schemas.LockInfo['x-lifetime-seconds'] * 1000;

/** Takes the lock of a user and module. Returns `false` if it is held already (errata E12). */
export function* takeLock(userId: string, moduleCode: string, lockId: string, now: number): Work<boolean> {
  const taken = yield* single(
    `INSERT INTO locks (user_id, module_code, lock_id, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (user_id, module_code) DO UPDATE SET lock_id = excluded.lock_id, expires_at = excluded.expires_at
     WHERE locks.expires_at <= ? RETURNING lock_id`,
    userId,
    moduleCode,
    lockId,
    now + lockMs,
    now,
  );
  return taken.length > 0;
}

/** Renews a live lock of the user for its full time from now (errata E13). Returns `false` if there is no such lock. */
export function* renewLock(userId: string, lockId: string, now: number): Work<boolean> {
  const sql = 'UPDATE locks SET expires_at = ? WHERE lock_id = ? AND user_id = ? AND expires_at > ? RETURNING lock_id';
  return (yield* single(sql, now + lockMs, lockId, userId, now)).length > 0;
}

/** Releases a live lock of the user. Returns `false` if there is no such lock. */
export function* releaseLock(userId: string, lockId: string, now: number): Work<boolean> {
  const sql = 'DELETE FROM locks WHERE lock_id = ? AND user_id = ? AND expires_at > ? RETURNING lock_id';
  return (yield* single(sql, lockId, userId, now)).length > 0;
}

/**
 * The end of a statement that reads a live lock of the user, whatever its module (errata E14). Its values are the
 * lock's id, the user's id and the current time.
 */
export const fromLiveLock = 'FROM locks l WHERE l.lock_id = ? AND l.user_id = ? AND l.expires_at > ?';

/**
 * Like {@link fromLiveLock}, for a statement that writes under the lock. Until the statement is committed, nobody can
 * release the lock or take it over, so nothing is written under a lock that has ended; renewing is possible. On SQLite
 * nothing more is needed, because it has one writer at a time.
 */
export const underLiveLock: string = `${fromLiveLock} /*! FOR KEY SHARE */`;

/**
 * Removes a limited number of expired locks. Returns `true` if there may be more. They have no effect any more, but
 * their users may never come back to replace them.
 */
export const removeExpiredLocks = (now: number): Work<boolean> => removeEnded('locks', 'lock_id', 'expires_at', now);
