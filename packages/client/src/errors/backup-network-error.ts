import { BackupError } from './backup-error.ts';

/**
 * No answer: the provider could not be reached, or the connection broke before the answer was whole. Its `cause` is
 * what `fetch` threw.
 */
export class BackupNetworkError extends BackupError {
  override readonly name = 'BackupNetworkError';

  /** The operation, by its operationId. */
  declare readonly operation: string;
}
