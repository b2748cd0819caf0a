import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { removalBatch, single, type Work } from '../store/store.ts';

/** How long a token lasts when it is not used, in milliseconds. */
export const tokenMs: number = contract.components.securitySchemes.accessToken['x-lifetime-seconds'] * 1000;

/**
 * How much longer it may last, in milliseconds, so that not every request has to write: a use is written only where
 * less than `tokenMs` would be left. No token ends early.
 */
const tokenSlackMs = 30_000;

/** The statement that finds a token by its hash. */
export const findTokenSql = 'SELECT user_id, expires_at FROM tokens WHERE token_hash = ?';

/** Notes that a token was used. Gives the time at which it now expires. */
export function* prolongToken(tokenHash: string, now: number): Work<number> {
  const expiresAt = now + tokenMs + tokenSlackMs;
  yield* single('UPDATE tokens SET expires_at = ? WHERE token_hash = ?', expiresAt, tokenHash);
  return expiresAt;
}

/** Removes tokens that have expired, some at a time; `true` if there may be more. */
export function* removeExpiredTokens(now: number): Work<boolean> {
  const removed = yield* single(
    `DELETE FROM tokens WHERE token_hash IN (
       SELECT token_hash FROM tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
     ) AND expires_at <= ? RETURNING 1 AS removed`,
    now,
    removalBatch,
    now,
  );
  return removed.length === removalBatch;
}
