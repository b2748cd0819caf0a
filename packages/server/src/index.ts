export type { Answered, OnAnswer } from '@koodrive-backup/spec/front';
export type { App } from './auth/apps.ts';
export type { CredentialOptions } from './auth/credentials.ts';
export type { LogLevel } from './ops/log-levels.ts';
export type { OnReadiness } from './ops/readiness.ts';
export type { LogOutput } from './ops/stdout.ts';
export type { ServerOptions } from './server-options.ts';
export { type BackupServer, startServer } from './start-server.ts';
export type { StorageOptions } from './store/storage-options.ts';
