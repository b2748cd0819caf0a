import { BackupError, type CallFacts } from './backup-error.ts';

/**
 * There was no answer: the provider could not be reached, or the connection broke before the answer was complete. The
 * `cause` is what `fetch` threw.
 */
export class BackupNetworkError extends BackupError implements CallFacts {
  override readonly name = 'BackupNetworkError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
}
