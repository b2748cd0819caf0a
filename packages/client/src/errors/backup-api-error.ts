import { BackupError } from './backup-error.ts';

/** A refusal by the provider: an envelope with another `code` than 0, or with an HTTP status that is no success. */
export class BackupApiError extends BackupError {
  override readonly name = 'BackupApiError';

  /** The operation, by its operationId. */
  declare readonly operation: string;

  /** The HTTP status. A refusal may come with 200 too (errata E6). */
  declare readonly status: number;

  /** The provider's code; see `errorCodes` for those that the vendor publishes. */
  declare readonly code: number;

  /** The provider's reason, for a person to read. */
  declare readonly msg: string;

  /** The headers of the answer. */
  declare readonly headers: Headers;
}
