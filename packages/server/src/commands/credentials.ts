import { issueApp, newApp } from '../auth/apps.ts';
import {
  type CredentialKind,
  type CredentialOptions,
  checkCredential,
  type ListedCredential,
  listCredentials,
  revokeCredentials,
} from '../auth/credentials.ts';
import { issueToken, newToken } from '../auth/tokens.ts';
import type { OptionValues } from '../command-options.ts';
import { type OpenStorage, openStorage } from '../store/open-store.ts';
import { inColumns, print, printSecret } from './print.ts';

/** Issues a credential, and prints it. It cannot be printed again. */
export async function issue(
  kind: CredentialKind,
  { user = '', name, expires, ...options }: OptionValues,
): Promise<void> {
  const storage = await openStorage(options);
  try {
    if (storage.newFolder !== undefined) {
      console.error(`koodrive-server: there was no store in ${storage.newFolder}, so a new one was created`);
    }
    const how = { ...(name !== undefined && { name }), ...(expires !== undefined && { expiresAt: expires }) };
    const now = Date.now();
    checkCredential(user, how, now);
    // Printed first, so that no credential is issued that nobody has seen.
    const credential = kind === 'token' ? tokenToIssue() : appToIssue();
    printSecret(credential.text);
    await credential.keep(storage, user, how, now).catch((cause) => {
      throw new Error(`the printed credential may not be valid, so issue another one: ${cause.message}`, { cause });
    });
  } finally {
    await storage.store.close();
  }
}

/** A credential that is not issued yet. */
interface ToIssue {
  text: string;
  keep: (storage: OpenStorage, user: string, how: CredentialOptions, now: number) => Promise<void>;
}

function tokenToIssue(): ToIssue {
  const token = newToken();
  return { text: `${token}\n`, keep: ({ store }, ...how) => issueToken(store, token, ...how) };
}

function appToIssue(): ToIssue {
  const app = newApp();
  return {
    text: `app id      ${app.appId}\napp secret  ${app.appSecret}\n`,
    keep: ({ store, keys }, ...how) => issueApp(store, keys, app, ...how),
  };
}

/** Prints the credentials of a kind, without their secrets. */
export async function list(kind: CredentialKind, { user, json, ...options }: OptionValues): Promise<void> {
  const { store } = await openStorage(options, true);
  try {
    const listed = await listCredentials(store, kind, user, Date.now());
    await print(json ? JSON.stringify(listed, undefined, 2) : inColumns(listed.map(readable), columns));
  } finally {
    await store.close();
  }
}

const columns = ['id', 'user', 'issued', 'expires', 'unused until', 'name'];

const readable = ({ unusedUntil, issued, expires, name, ...listed }: ListedCredential): Record<string, string> => ({
  ...listed,
  issued: issued ?? 'unknown',
  expires: expires ?? 'never',
  'unused until': unusedUntil ?? 'for ever',
  name: name ?? '',
});

/** Revokes credentials, and prints the ids of those that existed. */
export async function revoke(kind: CredentialKind, ids: string[], options: OptionValues): Promise<void> {
  const { store } = await openStorage(options, true);
  try {
    const missing = await revokeCredentials(store, kind, ids);
    for (const id of new Set(ids)) if (!missing.includes(id)) await print(id);
    if (missing.length > 0) throw new Error(`there is no ${kind} ${missing.join(', ')}: see ${kind} list`);
  } finally {
    await store.close();
  }
}
