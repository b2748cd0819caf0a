export { accessToken } from './access-token.ts';
export { type AppCredential, appSignature } from './app-signature.ts';
export type { BackupAuth } from './auth.ts';
export { BackupApiError } from './backup-api-error.ts';
export { type BackupClient, type BackupClientOptions, createBackupClient } from './create-backup-client.ts';
export { errorCodes } from './error-codes.gen.ts';
export type { components, operations, paths } from './schema.gen.ts';
export { type Answer, type DataOf, unwrap } from './unwrap.ts';
