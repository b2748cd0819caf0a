import { type AnswerFacts, BackupError, type CallFacts } from './backup-error.ts';

/**
 * An answer that does not follow the contract: not JSON, not an envelope, a success without its data, or a redirect.
 */
export class BackupParseError extends BackupError implements CallFacts, AnswerFacts {
  override readonly name = 'BackupParseError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
  declare readonly status: number;
  declare readonly headers: Headers;
  declare readonly requestId: string | undefined;

  /** The header Content-Type; `null` if the answer has none. */
  declare readonly contentType: string | null;

  /** The first 200 characters of the body; empty if `iterate` or `withBackupLock` found the fault in a success. */
  declare readonly body: string;
}
