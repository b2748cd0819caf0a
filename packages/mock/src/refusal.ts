import { mediaType } from '@koodrive-backup/spec/contract';
import { errorCode } from '@koodrive-backup/spec/error-codes';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** What goes back to the client. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Sent as JSON; nothing is sent where it is undefined. */
  body: unknown;
}

/**
 * An answer with the contract's error body. Its `code` is the vendor's where the vendor has one, which is for 400 only;
 * otherwise the HTTP status (errata, "Codes of refusals").
 *
 * @param status HTTP status.
 * @param msg What was wrong, and where.
 * @param headers Headers beside Content-Type.
 */
export function refusal(status: number, msg: string, headers: Record<string, string> = {}): Answer {
  const code = status === 400 ? parameterCheckFailed : status;
  return { status, headers: { 'content-type': mediaType, ...headers }, body: { code, msg } };
}

const parameterCheckFailed = errorCode(contract, 'parameterCheckFailed');
