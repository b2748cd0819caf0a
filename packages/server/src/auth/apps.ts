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

/** Creates an application's credential, in the form of the vendor's example. It is not valid until it is issued. */
export const newApp = (): App => ({
  appId: randomBytes(32).toString('hex'),
  appSecret: randomBytes(32).toString('hex'),
});

/**
 * Issues an application's credential. Its secret is stored encrypted, not hashed, because verifying a signature needs
 * it.
 *
 * @param now When it is issued, in milliseconds since the Unix epoch.
 * @throws TypeError if `userId` cannot be a user's id, or an option is invalid.
 * @throws Error if the key in use is not in `keys`.
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
  if (!(await insert()))
    throw new Error('this machine does not have the key in use: copy the key file of the other servers');
}

/**
 * Stores an app whose secret is encrypted with the key in use. Returns `false` if another key is in use by now. It
 * writes the setting of the key unchanged, so that a rotation comes wholly before or wholly after it, and misses no
 * app.
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

/** Removes a limited number of expired apps. Returns `true` if there may be more. */
export const removeExpiredApps = (now: number): Work<boolean> => removeEnded('apps', 'app_id', 'expires_at', now);
