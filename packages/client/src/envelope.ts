import { BackupApiError } from './errors/backup-api-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { badRequest } from './http-status.ts';
import { exactJson } from './json.ts';
import { answerFacts, parseError, redactorOf } from './printable.ts';
import type { Answered, Call } from './send.ts';

/** A refusal, as a call of the client resolves to it. */
export interface RefusalEnvelope {
  /** The provider's code; a text if it is a gateway's, and the HTTP status if the answer has no code. */
  code: number | string;
  /** The reason, for a person to read. Empty if the answer has none. */
  msg: string;
}

/** What a call of the client resolves to: `data` is the envelope of a success, `error` that of a refusal. */
export type Answer<Envelope> =
  | { data: Envelope; error?: never; response: Response }
  | { data?: never; error: RefusalEnvelope; response: Response };

/** The `data` of an envelope; `undefined` for an operation whose envelope has none. */
export type DataOf<Envelope> = Envelope extends { data: infer Data } ? Data : undefined;

/** The envelope of a success, before anyone has said which operation's it is. */
interface SuccessEnvelope {
  code: 0;
  msg: string;
  data?: unknown;
}

/** A refusal, and what was read with it. */
interface Refusal extends RefusalEnvelope {
  /** Whose body it is: the contract's, or a gateway's (errata E32); empty if it is neither. */
  form: 'envelope' | 'gateway' | '';
  /** The gateway's id of the request; empty if it names none. */
  requestId: string;
}

/** What an answer says: a success, a refusal, or why it is neither. */
export type Verdict =
  | { success: SuccessEnvelope; refusal?: never }
  | { success?: never; refusal: Refusal }
  | { success?: never; refusal?: never; unreadable: string };

type JsonObject = Partial<Record<string, unknown>>;

/**
 * Judges an answer. It is a success if neither its HTTP status nor its `code` refuses (errata E6).
 *
 * @param hasData Whether a success has to have data.
 */
export function judge({ status, ok }: Response, text: string, hasData: boolean): Verdict {
  if (!ok && status < badRequest) return { unreadable: 'is a redirect, which is refused' };
  const body = readObject(text);
  if (!ok && text === '') return { refusal: refusalOf({}, status) };
  if (!body) return notOfContract;
  if (!ok) return { refusal: refusalOf(body, status) };
  const { code, msg, data } = body;
  if (!isCode(code) || typeof msg !== 'string') return notOfContract;
  if (code !== 0) return { refusal: refusalOf(body, status) };
  if (hasData && (data === undefined || data === null)) return notOfContract;
  return { success: body as unknown as SuccessEnvelope };
}

const notOfContract = { unreadable: 'is not of the contract' };

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(exactJson(text));
    return typeof value === 'object' && !Array.isArray(value) && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

// A code that came as a string, as some of the vendor's pages declare it. Never that of a success.
const numericCode = /^[1-9]\d{0,14}$/;

const isCode = (code: unknown): code is number | string =>
  typeof code === 'number' || (typeof code === 'string' && numericCode.test(code));

function refusalOf(body: JsonObject, status: number): Refusal {
  const { code, msg, message, error_code: gatewayCode, error_msg: gatewayMsg, request_id: requestId } = body;
  const isEnvelope = isCode(code);
  return {
    code: isEnvelope ? Number(code) : textOf(gatewayCode) || textOf(code) || status,
    msg: textOf(msg) || textOf(gatewayMsg) || textOf(message),
    form: isEnvelope ? 'envelope' : textOf(gatewayCode) === '' ? '' : 'gateway',
    requestId: textOf(requestId),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The call that a response belongs to, and its answer. */
interface Known {
  call: Call;
  answered: Answered;
}

const known = Symbol('known');

/**
 * Remembers the call that a response belongs to, for errors. In the response, because a WeakMap would take longer than
 * all else in a call; as a hidden function, because nobody must print the credential.
 */
export function remember(response: Response, call: Call, answered: Answered): void {
  Reflect.defineProperty(response, known, { value: (): Known => ({ call, answered }) });
}

const knownOf = (response: Response & { [known]?: () => Known }): Known | undefined => response[known]?.();

/**
 * Returns the data of an answer, or throws.
 *
 * @param call A call of the client, as `unwrap(client.POST(…))`.
 * @returns The envelope's `data`; `undefined` if the operation has none.
 * @throws BackupApiError if the provider refused, by HTTP status or by `code` (errata E6), and what the call throws.
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
  const { code, msg } = error;
  const found = knownOf(response);
  // None if an application's own test has made the answer.
  const facts = found && { ...found.call.facts, ...answerFacts(found.answered, redactorOf(found.call)) };
  const { status } = response;
  const reason = msg && `, ${msg}`;
  throw new BackupApiError(`refused: HTTP status ${status}, code ${code}${reason}`, { status, ...facts, code, msg });
}

/** @throws BackupParseError with what an answer is, unless the condition holds. */
export function checkAnswer({ response }: { response: Response }, condition: boolean, what: string): asserts condition {
  if (condition) return;
  const found = knownOf(response);
  if (!found) throw new BackupParseError(`the answer ${what}`);
  throw parseError(found.call, found.answered, what, '');
}
