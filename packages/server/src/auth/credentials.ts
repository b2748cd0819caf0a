import { hash, randomBytes } from 'node:crypto';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import type { Store } from '../store/store.ts';
import { encrypt, type Keys } from './keys.ts';
import { tokenMs } from './tokens.ts';

/** What is kept of a token. It has 192 random bits, so a plain hash cannot be turned round. */
export const hashToken = (token: string): string => hash('sha256', token, 'base64url');

function checkUserId(userId: string): void {
  if (!isUserId(contract, userId)) throw new TypeError('a user id must be visible ASCII without spaces, and not empty');
}

/**
 * Issues an access token, without a scheme in front. Whoever has it can do what its user can.
 *
 * @param now When it is issued, in milliseconds since the Unix epoch.
 * @throws TypeError where the id cannot be a user's.
 */
export async function issueToken(store: Store, userId: string, now: number): Promise<string> {
  checkUserId(userId);
  const token = randomBytes(24).toString('hex');
  const sql = 'INSERT INTO tokens (token_hash, user_id, expires_at) VALUES (?, ?, ?)';
  await store.transact('query', sql, hashToken(token), userId, now + tokenMs);
  return token;
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

/**
 * Issues an application's credential. Its secret is kept encrypted: checking a signature needs it back.
 *
 * @throws TypeError where the id cannot be a user's.
 */
export async function issueApp(store: Store, keys: Keys, userId: string): Promise<App> {
  checkUserId(userId);
  const app = newApp();
  const secret = encrypt(keys.secrets, app.appSecret, app.appId);
  const sql = 'INSERT INTO apps (app_id, user_id, secret) VALUES (?, ?, ?)';
  await store.transact('query', sql, app.appId, userId, secret);
  return app;
}

/** The statement that finds an app by its id. */
export const findAppSql = 'SELECT user_id, secret FROM apps WHERE app_id = ?';
