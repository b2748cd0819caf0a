// Every transaction of the server, by the name that `store.transact` is called with.

export { insertApp, removeExpiredApps } from '../auth/apps.ts';
export { prolongToken, removeExpiredTokens } from '../auth/tokens.ts';
export { bindDevice, unbindDevice } from '../backup/devices.ts';
export { leaseNode } from '../backup/ids.ts';
export { releaseLock, removeExpiredLocks, renewLock, takeLock } from '../backup/locks.ts';
export {
  completeRecord,
  createRecord,
  deleteRecord,
  fillDeviceKeys,
  removeDeletedRecords,
  tryCreate,
} from '../backup/records.ts';
export { applyMissingMigrations, prepareMigrations } from './migrations.ts';
export { keepSetting } from './settings.ts';
export { query } from './store.ts';
