import { hash, randomBytes } from 'node:crypto';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { encrypt } from './keys.ts';
import { query, type Work } from './store.ts';

/** How long a token lasts when it is not used, in milliseconds (the vendor's plain API reference, `koodrive_05_0010`). */
export const tokenMs = 1_200_000;

/**
 * How much longer it may last, in milliseconds, so that not every request has to write: a use is written only where
 * less than `tokenMs` would be left. No token ends early.
 */
const tokenSlackMs = 30_000;

/** A new access token, without a scheme in front. Whoever has it can do what its user can. */
export const newToken = (): string => randomBytes(24).toString('hex');

/** What is kept of a token. It has 192 random bits, so a plain hash cannot be turned round. */
export const hashToken = (token: string): string => hash('sha256', token, 'base64url');

const userIdForm = new RegExp(contract.components.parameters.UserId.schema.pattern, 'u');

/** Whether an id can be a user's: it has to stand in X-User-Id. Asked of programs without types, too. */
export const isUserId = (userId: unknown): boolean => typeof userId === 'string' && userIdForm.test(userId);

/**
 * Checks that an id can be a user's.
 *
 * @throws TypeError where it cannot.
 */
export function checkUserId(userId: string): void {
  if (!isUserId(userId)) throw new TypeError('a user id must be visible ASCII without spaces, and not empty');
}

/** Keeps a new token of a user's. */
export function* addToken(token: string, userId: string, now: number): Work<void> {
  const sql = 'INSERT INTO tokens (token_hash, user_id, expires_at) VALUES (?, ?, ?)';
  yield* query(sql, hashToken(token), userId, now + tokenMs);
}

/** The statement that finds a token by its hash. */
export const findTokenSql = 'SELECT user_id, expires_at FROM tokens WHERE token_hash = ?';

/** Notes that a token was used. */
export function* prolongToken(tokenHash: string, now: number): Work<void> {
  yield* query('UPDATE tokens SET expires_at = ? WHERE token_hash = ?', now + tokenMs + tokenSlackMs, tokenHash);
}

/** Removes tokens that have expired. */
export function* removeExpiredTokens(now: number): Work<void> {
  yield* query('DELETE FROM tokens WHERE expires_at <= ?', now);
}

/** The credential of an application, as it is issued. */
export interface App {
  appId: string;
  appSecret: string;
}

/** A new application's credential, in the form of the vendor's example: an id of 64 hex digits. */
export const newApp = (): App => ({
  appId: randomBytes(32).toString('hex'),
  appSecret: randomBytes(32).toString('hex'),
});

/** Keeps a new app of a user's. The secret is encrypted: checking a signature needs it back. */
export function* addApp({ appId, appSecret }: App, userId: string, key: Buffer): Work<void> {
  const sql = 'INSERT INTO apps (app_id, user_id, secret) VALUES (?, ?, ?)';
  yield* query(sql, appId, userId, encrypt(key, appSecret, appId));
}

/** The statement that finds an app by its id. */
export const findAppSql = 'SELECT user_id, secret FROM apps WHERE app_id = ?';
