import { BackupError } from './backup-error.ts';

/**
 * The lock was lost during the work, so others may have written at the same time. The `cause` is the refusal of the
 * renewal that showed the loss; `undefined` if no renewal succeeded before the lock ended.
 */
export class BackupLockError extends BackupError {
  override readonly name = 'BackupLockError';

  /** The id of the lock. */
  declare readonly lockId: string;

  /**
   * What the work returned or threw, in the form of `Promise.allSettled`; `undefined` if the work threw this very
   * error, which is the reason of its signal.
   */
  declare readonly work: PromiseSettledResult<unknown> | undefined;

  /** Returns the fields, but only the status of `work`, because its value or its reason may not be JSON. */
  override toJSON(): object {
    return { ...super.toJSON(), work: this.work?.status };
  }
}
