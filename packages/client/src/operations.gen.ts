// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 8d057d6e7e5dcb8b3474978b44b8cc062d41a36d13320db8934551259d6d3824

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
