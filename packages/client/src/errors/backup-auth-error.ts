import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * There was no credential or no user id to send: the application's function threw, or returned what no header can hold.
 * Its `cause` is what the function threw. The attempt that needed it was not sent.
 */
export class BackupAuthError extends BackupError implements CallFacts {
  override readonly name = 'BackupAuthError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
}
