import { createClient, OPERATIONS } from '#clients/redocly';
import { type Call, type Connection, type Outcome, xDate } from './tool.ts';

type Result = Awaited<ReturnType<ReturnType<typeof createClient>['createBackupRecord']>>;

// Turns retries and timeout on, because they are off by default.
export function connect({ baseUrl, userId, token, fetch }: Connection): Call<Result> {
  const client = createClient(OPERATIONS, {
    serverUrl: baseUrl,
    fetch,
    auth: { apiKey: { accessToken: async () => `Bearer+${await token()}` } },
    retry: { retries: 2 },
    timeout: 30_000,
  });
  return ({ lockId, body, signal }) =>
    client.createBackupRecord(
      { headers: { 'x-backup-lock-id': lockId, 'X-User-Id': userId, 'X-Date': xDate() }, body },
      { signal: signal ?? null },
    );
}

export const outcomeOf = (result: Promise<Result>): Promise<Outcome> =>
  result.then(
    ({ data }) => ({ data }),
    (error) => {
      const { code, msg } = Object(error.body);
      return { error, status: error.status, code, msg, operation: error.operationId };
    },
  );
