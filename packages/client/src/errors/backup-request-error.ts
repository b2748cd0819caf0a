import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * The application made an invalid call (a path or an id that the contract does not allow, an invalid option, or a body
 * that JSON cannot hold), or a middleware threw. The `cause` says what was wrong with the call, or is what the
 * middleware threw.
 */
export class BackupRequestError extends BackupError implements CallFacts {
  override readonly name = 'BackupRequestError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
}
