export { accessToken } from './auth/access-token.ts';
export { type AppCredential, appSignature } from './auth/app-signature.ts';
export type { BackupAuth, UnauthorizedRequest } from './auth/auth.ts';
export {
  type BackupClient,
  type BackupClientOptions,
  type CallInit,
  createBackupClient,
} from './client.ts';
export { type Answer, type DataOf, type Refusal, unwrap } from './envelope.ts';
export { errorCodes } from './error-codes.gen.ts';
export { BackupApiError } from './errors/backup-api-error.ts';
export { BackupError, isBackupError } from './errors/backup-error.ts';
export { BackupNetworkError } from './errors/backup-network-error.ts';
export { BackupParseError } from './errors/backup-parse-error.ts';
export { BackupTimeoutError } from './errors/backup-timeout-error.ts';
export { type ItemOf, iterate, type ListPath } from './lists.ts';
export { type BackupLock, type BackupLockOptions, withBackupLock } from './locks.ts';
export { decodeProperties, encodeProperties, type Json } from './properties.ts';
export type { RetryOptions } from './retry.ts';
export type { components, operations, paths } from './schema.gen.ts';
export type { Attempt, Fetch } from './send.ts';
