import { type AnswerFacts, BackupError, type CallFacts } from './backup-error.ts';

/** An answer that is not the contract's: no JSON, no envelope, a success without its data, or a redirect. */
export class BackupParseError extends BackupError implements CallFacts, AnswerFacts {
  override readonly name = 'BackupParseError';
  declare readonly operation: string;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
  declare readonly status: number;
  declare readonly headers: Headers;
  declare readonly requestId: string | undefined;

  /** The header Content-Type, or `null`. */
  declare readonly contentType: string | null;

  /** The first 200 characters of the body. */
  declare readonly body: string;
}
