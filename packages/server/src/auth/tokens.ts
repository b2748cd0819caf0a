import { hash, randomBytes } from 'node:crypto';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { removeEnded, type Store, single, type Work } from '../store/store.ts';
import { type CredentialOptions, checkCredential } from './credentials.ts';

/** How long a token lasts when it is not used, in milliseconds. */
export const tokenMs: number = contract.components.securitySchemes.accessToken['x-lifetime-seconds'] * 1000;

/**
 * How much longer a token may last, in milliseconds. A use is written only if less than `tokenMs` would be left, so
 * that not every request has to write. No token ends early.
 */
const tokenSlackMs = 30_000;

/**
 * Returns the hash of a token, which is stored instead of it. A token has 192 random bits, so a plain hash cannot be
 * reversed.
 */
export const hashToken = (token: string): string => hash('sha256', token, 'base64url');

/** Creates an access token, without a scheme in front. It is not valid until it is issued. */
export const newToken = (): string => randomBytes(24).toString('hex');

/**
 * Issues an access token. Whoever has it can do what its user can.
 *
 * @param now When it is issued, in milliseconds since the Unix epoch.
 * @throws TypeError if `userId` cannot be a user's id, or an option is invalid.
 */
export async function issueToken(
  store: Store,
  token: string,
  userId: string,
  options: CredentialOptions,
  now: number,
): Promise<void> {
  checkCredential(userId, options, now);
  const { name = null, expiresAt = null } = options;
  await store.transact(
    'query',
    'INSERT INTO tokens (token_hash, user_id, expires_at, name, issued_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)',
    hashToken(token),
    userId,
    Math.min(now + tokenMs, expiresAt ?? Number.POSITIVE_INFINITY),
    name,
    now,
    expiresAt,
  );
}

/** The statement that finds a token by its hash. */
export const findTokenSql = 'SELECT user_id, expires_at, ends_at FROM tokens WHERE token_hash = ?';

/** Stores that a token was used. Returns the time at which it now expires; `undefined` if it no longer exists. */
export function* prolongToken(tokenHash: string, now: number): Work<number | undefined> {
  const expiresAt = now + tokenMs + tokenSlackMs;
  const [row] = yield* single(
    `UPDATE tokens SET expires_at = CASE WHEN ends_at < ? THEN ends_at ELSE ? END WHERE token_hash = ?
     RETURNING expires_at`,
    expiresAt,
    expiresAt,
    tokenHash,
  );
  return row && Number(row.expires_at);
}

/** Removes a limited number of expired tokens. Returns `true` if there may be more. */
export const removeExpiredTokens = (now: number): Work<boolean> =>
  removeEnded('tokens', 'token_hash', 'expires_at', now);
