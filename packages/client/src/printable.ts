import { createRedactor } from './auth/redact.ts';
import type { Verdict } from './envelope.ts';
import type { AnswerFacts } from './errors/backup-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { messageOf } from './errors/message-of.ts';
import { copyOfResponse } from './response.ts';
import type { Answered, Call } from './send.ts';

/** Removes credentials from a text. */
export type Redact = (text: string) => string;

/** Creates a function that removes the credentials of a call from a text. */
export const redactorOf = ({ authorizations }: Call): Redact => createRedactor(authorizations);

/** Returns what was thrown; if it shows a credential, a new error with the redacted message instead. */
export function printableCause(thrown: unknown, redact: Redact): unknown {
  const shown = textsOf(thrown, new Set());
  return redact(shown) === shown ? thrown : new Error(redact(messageOf(thrown)));
}

// More objects than any error contains. The limit stops the search, because an error may refer to a socket, and through
// it to the whole application.
const mostParts = 200;

/**
 * All texts in a value and its parts. The parts count too, because an error can contain the request with its headers.
 */
function textsOf(value: unknown, parts: Set<unknown>): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || parts.has(value) || parts.size === mostParts) return '';
  parts.add(value);
  // Read these by name, because they may be inherited: `getOwnPropertyNames` would not list them.
  const { message, stack, headers } = value as { message?: unknown; stack?: unknown; headers?: unknown };
  const listed = Symbol.iterator in value ? [...(value as Iterable<unknown>)] : [];
  const own = Object.getOwnPropertyNames(value).map((name) => Reflect.get(value, name));
  return [message, stack, headers, ...own, ...listed].map((part) => textsOf(part, parts)).join(' ');
}

/** The fields of errors that describe an answer, without credentials and cookies. */
export function answerFacts({ response, verdict }: Answered, redact: Redact): AnswerFacts {
  const { status, headers } = copyOfResponse(response, '', redact);
  headers.delete('set-cookie');
  return { status, headers, requestId: requestIdOf(response, verdict, redact) };
}

// The usual names, the most common first. X-traceid is the contract's.
const requestIdHeaders = ['x-request-id', 'x-traceid', 'x-trace-id', 'request-id', 'x-correlation-id'];

/** The id of a request, from a header of the answer or from a gateway's error. */
export function requestIdOf({ headers }: Response, { refusal }: Verdict, redact: Redact): string | undefined {
  const named = requestIdHeaders.map((name) => headers.get(name)).find(Boolean) ?? refusal?.requestId;
  return named ? redact(named) : undefined;
}

/** A code without credentials. A code that is a string, such as a gateway's, may contain one. */
export const printableCode = (code: number | string, redact: Redact): number | string =>
  typeof code === 'string' ? redact(code) : code;

/**
 * Removes the credentials from a refusal. A success stays as it is.
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

// Enough to recognise the page of a gateway.
const shownCharacters = 200;

/**
 * Creates the error for an answer that does not follow the contract.
 *
 * @param what What is wrong with the answer, such as `has no lockId`.
 * @param text The body without credentials.
 */
export function parseError(call: Call, answered: Answered, what: string, text: string): BackupParseError {
  const facts = answerFacts(answered, redactorOf(call));
  const contentType = facts.headers.get('content-type');
  const body = text.slice(0, shownCharacters);
  const shown = [`HTTP status ${facts.status}`, contentType, body].filter(Boolean).join(', ');
  const message = `the answer ${what}: ${shown}`;
  return new BackupParseError(message, { ...call.facts, ...facts, contentType, body });
}
