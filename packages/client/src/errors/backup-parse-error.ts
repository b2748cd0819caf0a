import { BackupError } from './backup-error.ts';

/** An answer that is not the contract's: no JSON, no envelope, a success without its data, or a redirect. */
export class BackupParseError extends BackupError {
  override readonly name = 'BackupParseError';

  /** The operation, by its operationId. */
  declare readonly operation: string;

  /** The HTTP status. */
  declare readonly status: number;

  /** The header Content-Type, or `null`. */
  declare readonly contentType: string | null;

  /** The first 200 characters of the body. */
  declare readonly body: string;
}
