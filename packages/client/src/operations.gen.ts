// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: fe42d6f2e47370540c7e97300a1aecc4babe1350a63faf4af8881e5537ea6803

/** The operationId of each operation, and whether its success has data, by method and path. */
export const operationsByMethod: Record<string, Record<string, readonly [operationId: string, hasData?: true]>> = {
  GET: {
    '/koodrive/ose/v1/backup/device': ['listBoundDevice', true],
    '/koodrive/ose/v1/backup/record': ['listBackupRecord', true],
    '/koodrive/ose/v1/backup/record/{recordId}': ['getBackupRecord', true],
  },
  POST: {
    '/koodrive/ose/v1/backup/device': ['bindDevice', true],
    '/koodrive/ose/v1/backup/lock': ['createBackupLock', true],
    '/koodrive/ose/v1/backup/record': ['createBackupRecord', true],
  },
  DELETE: {
    '/koodrive/ose/v1/backup/lock': ['releaseBackupLock'],
    '/koodrive/ose/v1/backup/device/{deviceId}': ['unbindDevice', true],
    '/koodrive/ose/v1/backup/record/{recordId}': ['deleteBackupRecord'],
  },
  PATCH: {
    '/koodrive/ose/v1/backup/lock': ['renewalBackupLock'],
    '/koodrive/ose/v1/backup/record/{recordId}': ['completeBackup'],
  },
};
