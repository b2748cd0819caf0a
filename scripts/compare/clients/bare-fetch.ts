import { type Call, type Connection, type Outcome, path, xDate } from './tool.ts';

interface Envelope {
  data: unknown;
}

export function connect({ baseUrl, userId, token, fetch }: Connection): Call<Envelope> {
  return async ({ lockId, body, signal }) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer+${await token()}`,
        'content-type': 'application/json',
        'x-backup-lock-id': lockId,
        'x-date': xDate(),
        'x-user-id': userId,
      },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return response.json() as Promise<Envelope>;
  };
}

export const outcomeOf = (result: Promise<Envelope>): Promise<Outcome> =>
  result.then(
    ({ data }) => ({ data }),
    (error) => ({ error }),
  );
