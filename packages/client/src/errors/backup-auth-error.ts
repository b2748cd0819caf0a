import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * The client had no credential or no user id to send: the application's function threw, or returned a value that is not
 * valid in a header. The `cause` is what the function threw, or the TypeError for the value. The attempt that needed
 * the value was not sent.
 */
export class BackupAuthError extends BackupError implements CallFacts {
  override readonly name = 'BackupAuthError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
}
