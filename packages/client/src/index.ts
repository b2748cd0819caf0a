export { accessToken } from './access-token.ts';
export { type AppCredential, appSignature } from './app-signature.ts';
export type { BackupAuth, UnauthorizedRequest } from './auth.ts';
export { BackupApiError } from './backup-api-error.ts';
export { BackupError, isBackupError } from './backup-error.ts';
export { BackupNetworkError } from './backup-network-error.ts';
export { BackupParseError } from './backup-parse-error.ts';
export { BackupTimeoutError } from './backup-timeout-error.ts';
export {
  type BackupClient,
  type BackupClientOptions,
  type CallInit,
  createBackupClient,
} from './create-backup-client.ts';
export { errorCodes } from './error-codes.gen.ts';
export { type ItemOf, iterate, type ListPath } from './iterate.ts';
export { decodeProperties, encodeProperties, type Json } from './properties.ts';
export type { components, operations, paths } from './schema.gen.ts';
export type { Attempt, Fetch, RetryOptions } from './send.ts';
export { type Answer, type DataOf, type Refusal, unwrap } from './unwrap.ts';
export { type BackupLock, type BackupLockOptions, withBackupLock } from './with-backup-lock.ts';
