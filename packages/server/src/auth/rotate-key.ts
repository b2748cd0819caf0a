import type { Store } from '../store/store.ts';
import { keyInUse, keySetting } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { decrypt, encrypt, type Keys, keysOf } from './keys.ts';

/** How many app secrets are encrypted at a time: few enough that the store does each within its time limit. */
const batch = 100;

/**
 * Adds a key, unless there is one already that is newer than the key in use. So the new key can be copied to other
 * machines before it is used.
 *
 * @throws Error if the key cannot be written.
 */
export async function prepareKey(store: Store, source: KeySource): Promise<void> {
  const [newest] = await readKeys(source);
  if (newest.fingerprint === (await keyInUse(store))) await source.add();
}

/**
 * Puts the newest key to use, which {@link prepareKey} has added, and encrypts every app secret with it. Running
 * servers read the keys again when they meet a secret or cursor that was made with the new one. Each step can be
 * repeated: if a rotation is interrupted, run it again.
 *
 * @returns How many app secrets were encrypted again.
 * @throws Error if a secret was encrypted with a key that is missing.
 */
export async function useNewestKey(store: Store, source: KeySource): Promise<number> {
  const keys = await readKeys(source);
  const [newest] = keys;
  // From here on no app is issued with an older key, because `insertApp` checks this setting.
  await store.transact('query', 'UPDATE settings SET value = ? WHERE name = ?', newest.fingerprint, keySetting);
  const renew = async (appId: string, secret: string): Promise<void> => {
    const renewed = encrypt(newest.secrets, openWithAny(keys, secret, appId), appId);
    await store.transact('query', 'UPDATE apps SET secret = ? WHERE app_id = ?', renewed, appId);
  };
  let count = 0;
  let last = '';
  for (;;) {
    const sql = 'SELECT app_id, secret FROM apps WHERE app_id > ? ORDER BY app_id LIMIT ?';
    const rows = await store.read(sql, last, batch);
    const old = rows.filter(
      ({ app_id, secret }) => decrypt(newest.secrets, String(secret), String(app_id)) === undefined,
    );
    // All at once, so that on SQLite they share commits.
    await Promise.all(old.map(({ app_id, secret }) => renew(String(app_id), String(secret))));
    count += old.length;
    last = String(rows.at(-1)?.app_id);
    if (rows.length < batch) return count;
  }
}

async function readKeys(source: KeySource): Promise<[Keys, ...Keys[]]> {
  const [newest, ...older] = (await source.read()).map(keysOf);
  if (!newest) throw new Error(`${source.name} holds no key`);
  return [newest, ...older];
}

function openWithAny(keys: Keys[], secret: string, appId: string): string {
  for (const { secrets } of keys) {
    const opened = decrypt(secrets, secret, appId);
    if (opened !== undefined) return opened;
  }
  throw new Error(
    `the secret of app ${appId} was encrypted with a key that is missing: revoke the app, and issue another one`,
  );
}
