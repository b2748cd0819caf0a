import { createRedactor } from './auth/redact.ts';
import type { Verdict } from './envelope.ts';
import type { AnswerFacts } from './errors/backup-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { messageOf } from './errors/message-of.ts';
import { copyOfResponse } from './response.ts';
import type { Answered, Call } from './send.ts';

/** Takes credentials out of a text. */
export type Redact = (text: string) => string;

/** What takes the credentials of a call out of a text. */
export const redactorOf = ({ authorizations }: Call): Redact => createRedactor(authorizations);

/** What was thrown, or an error in its place if it shows a credential. */
export function printableCause(thrown: unknown, redact: Redact): unknown {
  const shown = textsOf(thrown, new Set());
  return redact(shown) === shown ? thrown : new Error(redact(messageOf(thrown)));
}

// More than any error has, and fewer than a socket or a whole application leads to.
const mostParts = 200;

/** The texts in a value and its parts. An error can hold the whole request, with its headers. */
function textsOf(value: unknown, parts: Set<unknown>): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || parts.has(value) || parts.size === mostParts) return '';
  parts.add(value);
  // Not all of these are its own.
  const { message, stack, headers } = value as { message?: unknown; stack?: unknown; headers?: unknown };
  const listed = Symbol.iterator in value ? [...(value as Iterable<unknown>)] : [];
  const own = Object.getOwnPropertyNames(value).map((name) => Reflect.get(value, name));
  return [message, stack, headers, ...own, ...listed].map((part) => textsOf(part, parts)).join(' ');
}

/** What errors say of an answer, without credentials and cookies. */
export function answerFacts({ response, verdict }: Answered, redact: Redact): AnswerFacts {
  const { status, headers } = copyOfResponse(response, '', redact);
  headers.delete('set-cookie');
  return { status, headers, requestId: requestIdOf(response, verdict, redact) };
}

// The usual names, the most usual first; X-traceid is the contract's.
const requestIdHeaders = ['x-request-id', 'x-traceid', 'x-trace-id', 'request-id', 'x-correlation-id'];

/** The id of a request, as a header or a gateway's error names it. */
export function requestIdOf({ headers }: Response, { refusal }: Verdict, redact: Redact): string | undefined {
  const named = requestIdHeaders.map((name) => headers.get(name)).find(Boolean) ?? refusal?.requestId;
  return named ? redact(named) : undefined;
}

/** A code without credentials: a gateway's is a text. */
export const printableCode = (code: number | string, redact: Redact): number | string =>
  typeof code === 'string' ? redact(code) : code;

/**
 * Takes the credentials out of a refusal.
 *
 * @throws BackupParseError if the answer is neither a success nor a refusal.
 */
export function readableOf(call: Call, answered: Answered): Answered {
  const { response, text, verdict } = answered;
  if (verdict.success) return answered;
  const redact = redactorOf(call);
  const plain = redact(text);
  if (!verdict.refusal) throw parseError(call, answered, verdict.unreadable, plain);
  const { code, msg, ...rest } = verdict.refusal;
  const refusal = { ...rest, code: printableCode(code, redact), msg: redact(msg) };
  return { response: copyOfResponse(response, plain, redact), text: plain, verdict: { refusal } };
}

// Enough to recognise a gateway's page by.
const shownCharacters = 200;

/** The error of an answer that is not of the contract. */
export function parseError(call: Call, answered: Answered, what: string, text: string): BackupParseError {
  const facts = answerFacts(answered, redactorOf(call));
  const contentType = facts.headers.get('content-type');
  const body = text.slice(0, shownCharacters);
  const message = `the answer ${what}: HTTP status ${facts.status}, ${contentType}, ${body}`;
  return new BackupParseError(message, { ...call.facts, ...facts, contentType, body });
}
