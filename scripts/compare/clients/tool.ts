import type { components } from '@koodrive-backup/client';

/** The settings of an application that calls a provider. */
export interface Connection {
  baseUrl: string;
  userId: string;
  /** Gets an access token, from a login for example. */
  token: () => Promise<string>;
  fetch: typeof globalThis.fetch;
}

/** The credential of an application that uses the app signature. */
export interface App {
  appId: string;
  appSecret: string;
}

/** The arguments of one call. */
export interface CallInit {
  lockId: string;
  body: components['schemas']['BackupRecordInput'];
  signal?: AbortSignal;
}

/** Creates a record, and returns the result in the tool's own form. */
export type Call<Result> = (init: CallInit) => Promise<Result>;

/** The outcome of a call for the application: the record, or an error with what the tool reports about it. */
export type Outcome =
  | { data: unknown }
  | { error: unknown; status?: unknown; code?: unknown; msg?: unknown; operation?: unknown };

/** A way to call a provider, used as its documentation describes. */
export interface Tool<Result = unknown> {
  /** The code that an application writes to make the call. Its size and its time are measured. */
  connect(connection: Connection): Call<Result>;
  /** The same with an app signature. Absent if the tool has no support for it. */
  connectSigned?(connection: Connection, app: App): Call<Result>;
  /** Converts the tool's result into an outcome. */
  outcomeOf(result: Promise<Result>): Promise<Outcome>;
}

/** The path of the call. */
export const path = '/koodrive/ose/v1/backup/record';

/** Returns the header X-Date as an application without this project's client writes it. */
export const xDate = (): string => new Date().toISOString().replace(/[-:]|\.\d+/g, '');
