import { BackupError } from './backup-error.ts';

/**
 * The lock was lost while the work went on, so others may have written meanwhile. Its `cause` is why the last renewal
 * failed; `undefined` if none was answered.
 */
export class BackupLockError extends BackupError {
  override readonly name = 'BackupLockError';

  /** The id of the lock. */
  declare readonly lockId: string;

  /**
   * What the work returned or threw, in the form of `Promise.allSettled`; `undefined` if it ended with this error, as
   * work does that takes notice of its signal.
   */
  declare readonly work: PromiseSettledResult<unknown> | undefined;

  /** Without what the work returned or threw, which need not be JSON. */
  override toJSON(): object {
    return { ...super.toJSON(), work: this.work?.status };
  }
}
