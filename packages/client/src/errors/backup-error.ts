import type { BackupApiError } from './backup-api-error.ts';
import type { BackupAuthError } from './backup-auth-error.ts';
import type { BackupLockError } from './backup-lock-error.ts';
import type { BackupNetworkError } from './backup-network-error.ts';
import type { BackupParseError } from './backup-parse-error.ts';
import type { BackupPropertiesError } from './backup-properties-error.ts';
import type { BackupRequestError } from './backup-request-error.ts';
import type { BackupTimeoutError } from './backup-timeout-error.ts';
import { messageOf } from './message-of.ts';

/** The fields of an error that describe the call that failed. */
export interface CallFacts {
  /** The operationId of the operation. */
  readonly operation: string;
  /** The HTTP method. */
  readonly method: string;
  /** The path in the contract, with the names of its parameters. */
  readonly path: string;
  /** How many attempts were started. If it is 0, nothing was sent. */
  readonly attempts: number;
}

/** The fields of an error that describe the answer that the call ended with. */
export interface AnswerFacts {
  /** The HTTP status. A refusal may come with 200 too (errata E6). */
  readonly status: number;
  /** The headers of the answer, without cookies and without the credential. */
  readonly headers: Headers;
  /** The id that the provider, or a gateway in front of it, gave the request; `undefined` if it names none. */
  readonly requestId: string | undefined;
}

/** Every error of this package. Its `name` says which one it is, and so which fields it has. */
export type AnyBackupError =
  | BackupApiError
  | BackupAuthError
  | BackupLockError
  | BackupNetworkError
  | BackupParseError
  | BackupPropertiesError
  | BackupRequestError
  | BackupTimeoutError;

/** The base of all errors of this package. */
export class BackupError extends Error {
  // Do not derive the name from the class, because a minifier renames classes.
  override readonly name: string = 'BackupError';

  /**
   * @param message What failed, without a credential.
   * @param details The fields of the error, and its cause. The full message begins with the operation and ends with the
   *   message of the cause.
   */
  constructor(message: string, details: object = {}) {
    const { cause, ...fields } = details as { cause?: unknown; operation?: string };
    const parts = [fields.operation, message, cause && messageOf(cause)].filter(Boolean);
    super(parts.join(': ').replace(/\s+/g, ' ').trim(), cause === undefined ? undefined : { cause });
    Object.assign(this, fields);
  }

  /** Returns what `JSON.stringify` writes: the name, the message and all fields. */
  toJSON(): object {
    const { name, message, cause, ...fields } = this as this & { headers?: Headers };
    const headers = fields.headers && { headers: Object.fromEntries(fields.headers) };
    return { name, message, ...fields, ...headers, ...(cause !== undefined && { cause: messageOf(cause) }) };
  }
}

/**
 * Whether a value is an error of this package. Unlike `instanceof`, it also recognises errors from another realm or
 * from a second copy of the package. The `name` says which error it is.
 */
export function isBackupError(value: unknown): value is AnyBackupError {
  const { name } = Object(value) as { name?: unknown };
  return /^Backup(Api|Auth|Lock|Network|Parse|Properties|Request|Timeout)Error$/.test(String(name));
}
