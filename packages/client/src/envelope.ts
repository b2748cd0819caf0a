import { BackupApiError } from './errors/backup-api-error.ts';

/** The envelope of a refusal. */
export interface Refusal {
  code: number;
  msg: string;
}

/** What a call of the client resolves to: `data` is the envelope of a success, `error` that of a refusal. */
export type Answer<Envelope> =
  | { data: Envelope; error?: never; response: Response }
  | { data?: never; error: Refusal; response: Response };

/** The `data` of an envelope; `undefined` for an operation whose envelope has none. */
export type DataOf<Envelope> = Envelope extends { data: infer Data } ? Data : undefined;

/** The operation that a response answers. Not in the answer itself, which is openapi-fetch's. */
export const operationOf: WeakMap<Response, string> = new WeakMap();

/**
 * Gives the data of an answer, or throws.
 *
 * @param call A call of the client, as `unwrap(client.POST(…))`.
 * @returns The envelope's `data`; `undefined` where the operation has none.
 * @throws BackupApiError when the provider refused, by HTTP status or by `code` (errata E6), and what the call throws.
 */
export async function unwrap<Envelope extends { code: 0 }>(
  call: PromiseLike<Answer<Envelope>>,
): Promise<DataOf<Envelope>> {
  const { data } = (await envelopeOf(call)) as { data?: unknown };
  return data as DataOf<Envelope>;
}

/** Gives the envelope of a success, where `unwrap` gives its data, and throws as it does. */
export async function envelopeOf<Envelope>(call: PromiseLike<Answer<Envelope>>): Promise<Envelope> {
  const { data, error, response } = await call;
  if (!error) return data;
  const { status, headers } = response;
  const { code, msg } = error;
  const operation = operationOf.get(response);
  const message = `${operation}: refused: HTTP status ${status}, code ${code}, ${msg}`;
  throw new BackupApiError(message, { operation, status, code, msg, headers });
}
