import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * A call that the application cannot make like this: a path or an id that the contract does not allow, an option that
 * cannot be right, a body that is no JSON, or a middleware that threw, which is the `cause` then.
 */
export class BackupRequestError extends BackupError implements CallFacts {
  override readonly name = 'BackupRequestError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
}
