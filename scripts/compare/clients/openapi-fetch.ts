import type { paths } from '@koodrive-backup/client';
import createClient, { type FetchResponse } from 'openapi-fetch';
import { type Call, type Connection, type Outcome, path, xDate } from './tool.ts';

type Result = FetchResponse<paths[typeof path]['post'], object, 'application/json'>;

// Sets the headers on each call instead of in a middleware, because that costs least.
export function connect({ baseUrl, userId, token, fetch }: Connection): Call<Result> {
  const client = createClient<paths>({ baseUrl, fetch });
  return async ({ lockId, body, signal }) =>
    client.POST(path, {
      params: { header: { 'x-backup-lock-id': lockId } },
      headers: { authorization: `Bearer+${await token()}`, 'x-date': xDate(), 'x-user-id': userId },
      body,
      ...(signal && { signal }),
    });
}

export const outcomeOf = (result: Promise<Result>): Promise<Outcome> =>
  result.then(
    ({ data, error, response }) =>
      error ? { error, status: response.status, code: error.code, msg: error.msg } : { data: data?.data },
    (error) => ({ error }),
  );
