import { BackupApiError } from './backup-api-error.ts';

/** What a call of the client resolves to. */
export type Answer<Envelope> =
  | { data: Envelope; error?: never; response: Response }
  | { data?: never; error: unknown; response: Response };

/** The `data` of an envelope; `undefined` for an operation whose envelope has none. */
export type DataOf<Envelope> = Envelope extends { data: infer Data } ? Data : undefined;

/**
 * Gives the data of an answer, or throws.
 *
 * @param call A call of the client, as `unwrap(client.POST(…))`.
 * @returns The envelope's `data`.
 * @throws BackupApiError when the provider refused, by HTTP status or by `code` (errata E6).
 */
export async function unwrap<Envelope extends { code: number }>(
  call: PromiseLike<Answer<Envelope>>,
): Promise<DataOf<Envelope>> {
  const { data, error, response } = await call;
  const envelope: unknown = data ?? error;
  if (response.ok && isEnvelope(envelope) && envelope.code === 0) return envelope.data as DataOf<Envelope>;
  if (isEnvelope(envelope)) throw new BackupApiError({ status: response.status, ...envelope });
  throw new BackupApiError({
    status: response.status,
    code: response.status,
    msg: "the answer is not the contract's envelope",
  });
}

function isEnvelope(body: unknown): body is { code: number; msg: string; data?: unknown } {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'number' &&
    'msg' in body &&
    typeof body.msg === 'string'
  );
}
