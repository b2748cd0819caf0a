import { BackupError } from './backup-error.ts';

/** An attempt, or getting a credential for it, took longer than `timeoutMs`. The provider may have carried it out. */
export class BackupTimeoutError extends BackupError {
  override readonly name = 'BackupTimeoutError';

  /** The operation, by its operationId. */
  declare readonly operation: string;

  /** The limit that was passed, in milliseconds. */
  declare readonly timeoutMs: number;
}
