export type { OnAnswer } from './api.ts';
export type { App } from './credentials.ts';
export type { StorageOptions } from './open-store.ts';
export { type BackupServer, type ServerOptions, startServer } from './start-server.ts';
