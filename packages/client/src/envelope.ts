import { BackupApiError } from './errors/backup-api-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { badRequest } from './http-status.ts';
import { exactJson } from './json.ts';
import { answerFacts, parseError, redactorOf } from './printable.ts';
import type { Answered, Call } from './send.ts';

/** A refusal: the `error` that a call of the client resolves to. */
export interface RefusalEnvelope {
  /** The provider's code; a string if it is no number, such as a gateway's; the HTTP status if there is no code. */
  code: number | string;
  /** The reason, for people to read. Empty if the answer has none. */
  msg: string;
}

/** What a call of the client resolves to: `data` is the envelope of a success, `error` that of a refusal. */
export type Answer<Envelope> =
  | { data: Envelope; error?: never; response: Response }
  | { data?: never; error: RefusalEnvelope; response: Response };

/** The type of `data` in an envelope; `undefined` for an operation whose envelope has none. */
export type DataOf<Envelope> = Envelope extends { data: infer Data } ? Data : undefined;

/** The envelope of a success of any operation. */
interface SuccessEnvelope {
  code: 0;
  msg: string;
  data?: unknown;
}

/** A refusal, and what else its body says. */
interface Refusal extends RefusalEnvelope {
  /** The form of the body: the contract's, or a gateway's (errata E32); empty if it is neither. */
  form: 'envelope' | 'gateway' | '';
  /** The gateway's id of the request; empty if the body names none. */
  requestId: string;
}

/** The meaning of an answer: a success, a refusal, or why it is neither. */
export type Verdict =
  | { success: SuccessEnvelope; refusal?: never }
  | { success?: never; refusal: Refusal }
  | { success?: never; refusal?: never; unreadable: string };

type JsonObject = Partial<Record<string, unknown>>;

/**
 * Judges an answer. It is a success if neither its HTTP status nor its `code` is a refusal (errata E6).
 *
 * @param hasData Whether the contract requires `data` in a success.
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

const notOfContract = { unreadable: 'does not follow the contract' };

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(exactJson(text));
    return typeof value === 'object' && !Array.isArray(value) && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

// The form of a code that is a string, as some of the vendor's pages declare it. It excludes "0": the code of a success
// is a number.
const numericCode = /^[1-9]\d{0,14}$/;

const isCode = (code: unknown): code is number | string =>
  typeof code === 'number' || (typeof code === 'string' && numericCode.test(code));

function refusalOf(body: JsonObject, status: number): Refusal {
  const { code, msg, message, error_code: gatewayCode, error_msg: gatewayMsg, request_id: requestId } = body;
  const isEnvelope = isCode(code);
  return {
    // Not 0, which is the code of a success.
    code: (isEnvelope ? Number(code) : 0) || textOf(gatewayCode) || textOf(code) || status,
    msg: textOf(msg) || textOf(gatewayMsg) || textOf(message),
    form: isEnvelope ? 'envelope' : textOf(gatewayCode) === '' ? '' : 'gateway',
    requestId: textOf(requestId),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What the client knows of a response: its call and its answer. */
interface Known {
  call: Call;
  answered: Answered;
}

const known = Symbol('known');

/**
 * Remembers the call that a response belongs to, because errors name it. It is kept in the response, because a WeakMap
 * would take longer than the rest of a call. It is a hidden function, so that printing the response shows no
 * credential.
 */
export function remember(response: Response, call: Call, answered: Answered): void {
  Reflect.defineProperty(response, known, { value: (): Known => ({ call, answered }) });
}

const knownOf = (response: Response & { [known]?: () => Known }): Known | undefined => response[known]?.();

/**
 * Returns the data of a success, and throws a refusal as an error.
 *
 * @param call A call of the client, as `unwrap(client.POST(…))`.
 * @returns The envelope's `data`; `undefined` if the operation has none.
 * @throws BackupApiError if the provider refused, by HTTP status or by `code` (errata E6). Whatever the call throws.
 */
export async function unwrap<Envelope extends { code: 0 }>(
  call: PromiseLike<Answer<Envelope>>,
): Promise<DataOf<Envelope>> {
  const { data } = (await envelopeOf(call)) as { data?: unknown };
  return data as DataOf<Envelope>;
}

/** Returns the whole envelope of a success, unlike `unwrap`, which returns its `data`. Throws the same errors. */
export async function envelopeOf<Envelope>(call: PromiseLike<Answer<Envelope>>): Promise<Envelope> {
  const { data, error, response } = await call;
  if (!error) return data;
  const { code, msg } = error;
  const found = knownOf(response);
  // `undefined` if the answer is not from a call of the client, as in an application's own test.
  const facts = found && { ...found.call.facts, ...answerFacts(found.answered, redactorOf(found.call)) };
  const { status } = response;
  const reason = msg && `, ${msg}`;
  throw new BackupApiError(`refused: HTTP status ${status}, code ${code}${reason}`, { status, ...facts, code, msg });
}

/**
 * Checks an answer.
 *
 * @param what What is wrong with the answer if the condition is false, such as `has no lockId`.
 * @throws BackupParseError if the condition is false.
 */
export function checkAnswer({ response }: { response: Response }, condition: boolean, what: string): asserts condition {
  if (condition) return;
  const found = knownOf(response);
  if (!found) throw new BackupParseError(`the answer ${what}`);
  throw parseError(found.call, found.answered, what, '');
}
