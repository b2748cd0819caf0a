import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * An attempt took longer than `timeoutMs`, its credential included, or the whole call longer than `deadlineMs`. The
 * provider may have carried it out.
 */
export class BackupTimeoutError extends BackupError implements CallFacts {
  override readonly name = 'BackupTimeoutError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;

  /** The limit that was passed, in milliseconds. */
  declare readonly timeoutMs: number;
}
