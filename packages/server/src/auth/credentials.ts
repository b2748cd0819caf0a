import { inspect } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import type { Row, Store, Value } from '../store/store.ts';

/** How a credential is issued. */
export interface CredentialOptions {
  /**
   * The name that lists show: 1 to 100 characters. Control characters are refused, because they could control a
   * terminal. Default: none.
   */
  name?: string;
  /** When the credential ends, even if it is in use, in milliseconds since the Unix epoch. Default: never. */
  expiresAt?: number;
}

/**
 * Checks the user and the options of a new credential, which may come from a program without types.
 *
 * @throws TypeError that says what is wrong.
 */
export function checkCredential(userId: string, { name, expiresAt }: CredentialOptions, now: number): void {
  if (!isUserId(contract, userId)) throw new TypeError('a user id must be visible ASCII without spaces, and not empty');
  if (name !== undefined) checkCredentialName('name', name);
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    throw new TypeError(`expiresAt must be a time in the future, in whole milliseconds, not ${inspect(expiresAt)}`);
  }
}

/**
 * Checks the name of a credential.
 *
 * @param option The name of the option as the caller writes it, such as `--name`.
 * @throws TypeError with a message for the caller.
 */
export function checkCredentialName(option: string, name: unknown): asserts name is string {
  if (typeof name === 'string' && /^\P{C}{1,100}$/u.test(name)) return;
  throw new TypeError(`${option} must be 1 to 100 characters without control characters`);
}

/** The kinds of credentials. */
export type CredentialKind = 'token' | 'app';

/** A credential as it is listed, without secrets. Times are in ISO 8601. */
export interface ListedCredential {
  /** The id by which it is revoked: the app id, or a part of the token's hash, which does not reveal the token. */
  id: string;
  user: string;
  name: string | null;
  /** When it was issued; `null` if an older version of the server has issued it. */
  issued: string | null;
  /** When it ends, even if it is in use; `null` for never. */
  expires: string | null;
  /** When it ends if it is not used before; `null` for never. */
  unusedUntil: string | null;
}

/** How many bytes of a token's hash its id shows: enough that no two tokens share one. */
const tokenIdBytes = 9;

const kinds = {
  token: {
    listed: `SELECT token_hash AS id, user_id, name, issued_at, ends_at AS expires_at, expires_at AS unused_until
      FROM tokens WHERE expires_at > ?`,
    revoke: `DELETE FROM tokens WHERE SUBSTR(token_hash, 1, ${(tokenIdBytes * 4) / 3}) = ? RETURNING 1 AS revoked`,
    idForm: new RegExp(`^[\\da-f]{${tokenIdBytes * 2}}$`),
    idOf: (hash: string): string => Buffer.from(hash, 'base64url').subarray(0, tokenIdBytes).toString('hex'),
    keyOf: (id: string): string => Buffer.from(id, 'hex').toString('base64url'),
  },
  app: {
    listed: `SELECT app_id AS id, user_id, name, issued_at, expires_at, NULL AS unused_until
      FROM apps WHERE COALESCE(expires_at, 9e18) > ?`,
    revoke: 'DELETE FROM apps WHERE app_id = ? RETURNING 1 AS revoked',
    idForm: /^[\da-f]{64}$/,
    idOf: (id: string): string => id,
    keyOf: (id: string): string => id,
  },
};

/**
 * Lists the credentials of a kind that have not expired, the oldest first, without secrets.
 *
 * @param userId The user whose credentials are listed; `undefined` for all users.
 * @param now The current time, in milliseconds since the Unix epoch.
 */
export async function listCredentials(
  store: Store,
  kind: CredentialKind,
  userId: string | undefined,
  now: number,
): Promise<ListedCredential[]> {
  const { listed, idOf } = kinds[kind];
  const [ofUser, values] = userId === undefined ? ['', []] : ['AND user_id = ?', [userId]];
  const rows = await store.read(`${listed} ${ofUser} ORDER BY issued_at, id`, now, ...values);
  return rows.map((row: Row) => ({
    id: idOf(String(row.id)),
    user: String(row.user_id),
    name: row.name == null ? null : String(row.name),
    issued: isoTime(row.issued_at),
    expires: isoTime(row.expires_at),
    unusedUntil: isoTime(row.unused_until),
  }));
}

const isoTime = (time: Value | undefined): string | null =>
  time == null ? null : new Date(Number(time)).toISOString();

/**
 * Revokes credentials on every server of the store: apps at once, a token within a second, because a server may have
 * just read it.
 *
 * @param ids The ids, as they are listed.
 * @returns The ids that no credential has.
 * @throws Error if one of them does not have the form of an id. The message does not quote it, because it may be the
 *   credential itself.
 */
export async function revokeCredentials(store: Store, kind: CredentialKind, ids: string[]): Promise<string[]> {
  const { idForm, keyOf, revoke } = kinds[kind];
  if (!ids.every((id) => idForm.test(id))) {
    throw new Error(
      `an id must be one that ${kind} list prints: ${kind === 'token' ? tokenIdBytes * 2 : 64} hex digits`,
    );
  }
  const missing: string[] = [];
  for (const id of new Set(ids)) {
    const revoked = await store.transact('query', revoke, keyOf(id));
    if (revoked.length === 0) missing.push(id);
  }
  return missing;
}
