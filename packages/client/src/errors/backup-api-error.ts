import { type AnswerFacts, BackupError, type CallFacts } from './backup-error.ts';

/**
 * A refusal, by the provider or by a gateway in front of it: an envelope whose `code` is not 0, or an HTTP status of
 * 400 or above with a JSON object or no body.
 */
export class BackupApiError extends BackupError implements CallFacts, AnswerFacts {
  override readonly name = 'BackupApiError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
  declare readonly status: number;
  declare readonly headers: Headers;
  declare readonly requestId: string | undefined;

  /**
   * The provider's code; see `errorCodes` for those that the vendor publishes. A string if it is no number, such as a
   * gateway's `APIGW.0303` (errata E32); the HTTP status if the answer has no code.
   */
  declare readonly code: number | string;

  /** The reason, for people to read. Empty if the answer has none. */
  declare readonly msg: string;
}
