import { createBackupRecord } from '#clients/hey-api';
import { createClient, createConfig } from '#clients/hey-api/client';
import { type Call, type CallInit, type Connection, type Outcome, xDate } from './tool.ts';

type Result = Awaited<ReturnType<typeof createBackupRecord>>;

export function connect({ baseUrl, userId, token, fetch }: Connection): Call<Result> {
  const client = createClient(createConfig({ baseUrl, fetch, auth: async () => `Bearer+${await token()}` }));
  return ({ lockId, body, signal }: CallInit) =>
    createBackupRecord({
      client,
      headers: { 'x-backup-lock-id': lockId, 'X-User-Id': userId, 'X-Date': xDate() },
      body,
      ...(signal && { signal }),
    });
}

export const outcomeOf = (result: Promise<Result>): Promise<Outcome> =>
  result.then(
    ({ data, error, response }) =>
      error ? { error, status: response?.status, code: error.code, msg: error.msg } : { data: data?.data },
    (error) => ({ error }),
  );
