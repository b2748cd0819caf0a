export { accessToken, type GetToken } from './auth/access-token.ts';
export { type AppCredential, appSignature } from './auth/app-signature.ts';
export type { AuthContext, BackupAuth, UnauthorizedRequest } from './auth/auth.ts';
export {
  type BackupClient,
  type BackupClientOptions,
  type CallInit,
  type CallSettings,
  createBackupClient,
} from './client.ts';
export { type Answer, type DataOf, type RefusalEnvelope, unwrap } from './envelope.ts';
export { errorCodes } from './error-codes.gen.ts';
export { BackupApiError } from './errors/backup-api-error.ts';
export { BackupAuthError } from './errors/backup-auth-error.ts';
export {
  type AnswerFacts,
  type AnyBackupError,
  BackupError,
  type CallFacts,
  isBackupError,
} from './errors/backup-error.ts';
export { BackupLockError } from './errors/backup-lock-error.ts';
export { BackupNetworkError } from './errors/backup-network-error.ts';
export { BackupParseError } from './errors/backup-parse-error.ts';
export { BackupPropertiesError } from './errors/backup-properties-error.ts';
export { BackupRequestError } from './errors/backup-request-error.ts';
export { BackupTimeoutError } from './errors/backup-timeout-error.ts';
export { type ItemOf, iterate, type ListPath } from './lists.ts';
export { type BackupLock, type BackupLockOptions, withBackupLock } from './locks.ts';
export { decodeProperties, encodeProperties, type Json, type JsonOf } from './properties.ts';
export type { RetryOptions } from './retry.ts';
export type { components, operations, paths } from './schema.gen.ts';
export type { Attempt, Fetch, FetchInit, FetchResponse } from './send.ts';
