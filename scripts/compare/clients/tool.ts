import type { components } from '@koodrive-backup/client';

/** What an application knows before it calls. */
export interface Connection {
  baseUrl: string;
  userId: string;
  /** Gets an access token, from a login for example. */
  token: () => Promise<string>;
  fetch: typeof globalThis.fetch;
}

/** The credential of an application that signs. */
export interface App {
  appId: string;
  appSecret: string;
}

/** What an application brings to one call. */
export interface CallInit {
  lockId: string;
  body: components['schemas']['BackupRecordInput'];
  signal?: AbortSignal;
}

/** Creates a record, and gives whatever the tool gives for it. */
export type Call<Result> = (init: CallInit) => Promise<Result>;

/** What a call came to for the application: the record, or an error and what the tool says of it. */
export type Outcome =
  | { data: unknown }
  | { error: unknown; status?: unknown; code?: unknown; msg?: unknown; operation?: unknown };

/** A way to call a provider, used as its documentation says. */
export interface Tool<Result = unknown> {
  /** What an application writes to make the one call; this is what is weighed and timed. */
  connect(connection: Connection): Call<Result>;
  /** The same with an app signature; missing where the tool has none. */
  connectSigned?(connection: Connection, app: App): Call<Result>;
  /** Reads what a call gave. */
  outcomeOf(result: Promise<Result>): Promise<Outcome>;
}

/** The path of the one call. */
export const path = '/koodrive/ose/v1/backup/record';

/** The header X-Date as an application without this project's client writes it. */
export const xDate = (): string => new Date().toISOString().replace(/[-:]|\.\d+/g, '');
