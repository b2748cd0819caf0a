import createClient, { type Client } from 'openapi-fetch';
import type { BackupAuth } from './auth.ts';
import type { paths } from './schema.gen.ts';
import { formatXDate } from './x-date.ts';

/** What a client is made from. */
export interface BackupClientOptions {
  /** The provider's address, for example `https://intl.myhuaweicloud-koodrive.com`. */
  baseUrl: string;
  /** How the client proves who it is: `accessToken(…)` or `appSignature(…)`. */
  auth: BackupAuth;
  /** The user's id on KooDrive, sent as X-User-Id. */
  userId: string;
}

/** A client of the contract: `client.POST(path, { params, body })`, typed by the contract's paths. */
export type BackupClient = Client<paths, 'application/json'>;

/**
 * Makes a client. Each client is its own: two of them share nothing, so two credentials never meet.
 *
 * Every request gets the headers Authorization, X-User-Id and X-Date; what the caller gives of them is overwritten.
 */
export function createBackupClient({ baseUrl, auth, userId }: BackupClientOptions): BackupClient {
  return createClient<paths, 'application/json'>({
    baseUrl,
    async fetch(request) {
      request.headers.set('X-User-Id', userId);
      request.headers.set('X-Date', formatXDate(new Date()));
      request.headers.set('Authorization', await auth.authorize(request));
      return fetch(request);
    },
  });
}
