import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * An attempt took longer than `timeoutMs`, including the time to get its credential, or the whole call took longer than
 * `deadlineMs`. The provider may have carried the request out.
 */
export class BackupTimeoutError extends BackupError implements CallFacts {
  override readonly name = 'BackupTimeoutError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;

  /** The limit that was exceeded, in milliseconds. */
  declare readonly timeoutMs: number;
}
