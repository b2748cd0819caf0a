import { mediaType } from '../contract.ts';
import { errorCode } from '../error-codes.ts';

/** An answer to a request. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** The body in JSON; empty if the answer has none. */
  text: string;
  /** Why the request was refused, for a log. */
  reason?: string;
}

/** A function that creates an answer with the contract's error body. */
export type Refuse = (status: number, msg: string, headers?: Record<string, string>) => Answer;

/** Creates an answer in JSON. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': mediaType, ...headers }, text: JSON.stringify(body) };
}

/** Creates an answer with the contract's error body. */
export function refusal(status: number, body: { code: number; msg: string }, headers?: Record<string, string>): Answer {
  return { ...jsonAnswer(status, body, headers), reason: body.msg };
}

/**
 * Creates the function that refuses requests. For status 400, the `code` of a refusal is the one that the vendor
 * publishes for a parameter that fails its check. For every other status it is the HTTP status, because the vendor
 * publishes no code for these refusals (errata, "Codes of refusals").
 *
 * @param document The bundled contract.
 */
export function createRefuse(document: object): Refuse {
  const parameterCheckFailed = errorCode(document as Parameters<typeof errorCode>[0], 'parameterCheckFailed');
  return (status, msg, headers) =>
    refusal(status, { code: status === 400 ? parameterCheckFailed : status, msg }, headers);
}
