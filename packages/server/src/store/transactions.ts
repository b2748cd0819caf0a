// All that a store does as one transaction, by name: SQLite's own thread cannot be handed a function, and finds it here.

export { prolongToken, removeExpiredTokens } from '../auth/tokens.ts';
export { bindDevice, unbindDevice } from '../backup/devices.ts';
export { leaseNode } from '../backup/ids.ts';
export { releaseLock, removeExpiredLocks, renewLock, takeLock } from '../backup/locks.ts';
export { completeRecord, createRecord, deleteRecord, removeDeletedRecords } from '../backup/records.ts';
export { applyMissingMigrations, prepareMigrations } from './migrations.ts';
export { keepSetting } from './settings.ts';
export { query } from './store.ts';
