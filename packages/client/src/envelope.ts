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

/** The envelope around an answer, before anyone has said which operation's it is. */
export interface AnyEnvelope extends Refusal {
  data?: unknown;
}

/** Reads the text of an answer. Returns `undefined` if it is no envelope: `code` is a number and `msg` a string in one. */
export function parseEnvelope(text: string): AnyEnvelope | undefined {
  try {
    const value: Partial<AnyEnvelope> | null = JSON.parse(text);
    return isEnvelope(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isEnvelope = (value: Partial<AnyEnvelope> | null): value is AnyEnvelope =>
  typeof value?.code === 'number' && typeof value.msg === 'string';

/** Whether an answer is a success: neither its HTTP status nor its `code` refuses (errata E6). */
export const isSuccess = (response: Response, envelope: AnyEnvelope | undefined): boolean =>
  response.ok && envelope?.code === 0;

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

/** Returns the envelope of a success, where `unwrap` returns its data, and throws as it does. */
export async function envelopeOf<Envelope>(call: PromiseLike<Answer<Envelope>>): Promise<Envelope> {
  const { data, error, response } = await call;
  if (!error) return data;
  const { status, headers } = response;
  const { code, msg } = error;
  const operation = operationOf.get(response);
  const message = `${operation}: refused: HTTP status ${status}, code ${code}, ${msg}`;
  throw new BackupApiError(message, { operation, status, code, msg, headers });
}
