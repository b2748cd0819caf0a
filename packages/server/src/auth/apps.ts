import { randomBytes } from 'node:crypto';
import { query, removeEnded, type Store, type Work } from '../store/store.ts';
import { type CredentialOptions, checkCredential } from './credentials.ts';
import { type KeyRing, keySetting } from './key-ring.ts';
import { encrypt } from './keys.ts';

/** The credential of an application, as it is issued. */
export interface App {
  appId: string;
  appSecret: string;
}

/** Creates an application's credential, in the form of the vendor's example. It is good for nothing until it is issued. */
export const newApp = (): App => ({
  appId: randomBytes(32).toString('hex'),
  appSecret: randomBytes(32).toString('hex'),
});

/**
 * Issues an application's credential. Its secret is kept encrypted: checking a signature needs it back.
 *
 * @param now When it is issued, in milliseconds since the Unix epoch.
 * @throws TypeError if the id cannot be a user's, or an option is not what it must be.
 * @throws Error if the key in use is not there.
 */
export async function issueApp(
  store: Store,
  keys: KeyRing,
  { appId, appSecret }: App,
  userId: string,
  options: CredentialOptions,
  now: number,
): Promise<void> {
  checkCredential(userId, options, now);
  const { name = null, expiresAt = null } = options;
  const insert = (): Promise<boolean> => {
    const { secrets, fingerprint } = keys.current;
    const secret = encrypt(secrets, appSecret, appId);
    return store.transact('insertApp', fingerprint, appId, userId, secret, name, now, expiresAt);
  };
  if (await insert()) return;
  await keys.refresh();
  if (!(await insert())) throw new Error('the key in use is not there: copy the key file of the other servers');
}

/**
 * Keeps an app whose secret is encrypted with the key in use; `false` if that is another by now. It writes the setting, so
 * that a rotation comes wholly before or wholly after it, and misses no app.
 */
export function* insertApp(
  fingerprint: string,
  appId: string,
  userId: string,
  secret: string,
  name: string | null,
  now: number,
  expiresAt: number | null,
): Work<boolean> {
  const inUse = yield* query(
    'UPDATE settings SET value = value WHERE name = ? AND value = ? RETURNING 1 AS is_in_use',
    keySetting,
    fingerprint,
  );
  if (inUse.length === 0) return false;
  yield* query(
    'INSERT INTO apps (app_id, user_id, secret, name, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    appId,
    userId,
    secret,
    name,
    now,
    expiresAt,
  );
  return true;
}

/** The statement that finds an app by its id. */
export const findAppSql = 'SELECT user_id, secret, expires_at FROM apps WHERE app_id = ?';

/** Removes apps that have expired, some at a time; `true` if there may be more. */
export const removeExpiredApps = (now: number): Work<boolean> => removeEnded('apps', 'app_id', 'expires_at', now);
