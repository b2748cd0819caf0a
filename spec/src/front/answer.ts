import { mediaType } from '../contract.ts';
import { errorCode } from '../error-codes.ts';

/** What goes back to the client. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** JSON; empty if there is no body. */
  text: string;
  /** Why the request is refused, for a log. */
  reason?: string;
}

/** Creates an answer with the contract's error body. */
export type Refuse = (status: number, msg: string, headers?: Record<string, string>) => Answer;

/** An answer in JSON. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': mediaType, ...headers }, text: JSON.stringify(body) };
}

/** An answer with the contract's error body. */
export function refusal(status: number, body: { code: number; msg: string }, headers?: Record<string, string>): Answer {
  return { ...jsonAnswer(status, body, headers), reason: body.msg };
}

/**
 * Creates the function that refuses. The `code` of a refusal is the vendor's if the vendor has one, which is for 400
 * only; otherwise it is the HTTP status (errata, "Codes of refusals").
 *
 * @param document The contract, bundled.
 */
export function createRefuse(document: object): Refuse {
  const parameterCheckFailed = errorCode(document as Parameters<typeof errorCode>[0], 'parameterCheckFailed');
  return (status, msg, headers) =>
    refusal(status, { code: status === 400 ? parameterCheckFailed : status, msg }, headers);
}
