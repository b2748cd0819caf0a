/** A refusal by the provider: an answer with another `code` than 0, or with another HTTP status than 2xx. */
export class BackupApiError extends Error {
  override readonly name = 'BackupApiError';

  /** The HTTP status. A refusal may come with 200 too. */
  readonly status: number;

  /** The provider's code; see `errorCodes` for those that the vendor publishes. */
  readonly code: number;

  /** The provider's reason, for a person to read. */
  readonly msg: string;

  constructor({ status, code, msg }: { status: number; code: number; msg: string }) {
    super(`The request was refused: HTTP status ${status}, code ${code}, ${msg}`);
    this.status = status;
    this.code = code;
    this.msg = msg;
  }
}
