// All that a store does as one transaction, by name: SQLite's own thread cannot be handed a function, and finds it here.
export { bindDevice, unbindDevice } from './devices.ts';
export { leaseNode } from './ids.ts';
export { releaseLock, removeExpiredLocks, renewLock, takeLock } from './locks.ts';
export { applyMissingMigrations, prepareMigrations } from './migrations.ts';
export { completeRecord, createRecord, deleteRecord, removeDeletedRecords } from './records.ts';
export { keepSetting } from './settings.ts';
export { query } from './store.ts';
export { prolongToken, removeExpiredTokens } from './tokens.ts';
