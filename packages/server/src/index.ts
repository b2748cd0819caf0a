export type { OnAnswer } from './api.ts';
export type { App } from './credentials.ts';
export type { StorageOptions } from './open-store.ts';
export type { OnReadiness } from './readiness.ts';
export type { ServerOptions } from './server-options.ts';
export { type BackupServer, startServer } from './start-server.ts';
