// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: b2e1e4b49d10d948a259cef8af61f6667d18c539416ac582a6effc79a9088f70

/** The operationId of each operation, and whether its success has data, by method and path. */
export const operationsByMethod: Record<string, Record<string, readonly [operationId: string, hasData?: true]>> = {
  POST: {
    '/koodrive/ose/v1/backup/device': ['bindDevice', true],
    '/koodrive/ose/v1/backup/lock': ['createBackupLock', true],
    '/koodrive/ose/v1/backup/record': ['createBackupRecord', true],
  },
  GET: {
    '/koodrive/ose/v1/backup/device': ['listBoundDevice', true],
    '/koodrive/ose/v1/backup/record': ['listBackupRecord', true],
    '/koodrive/ose/v1/backup/record/{recordId}': ['getBackupRecord', true],
  },
  DELETE: {
    '/koodrive/ose/v1/backup/device/{deviceId}': ['unbindDevice', true],
    '/koodrive/ose/v1/backup/lock': ['releaseBackupLock'],
    '/koodrive/ose/v1/backup/record/{recordId}': ['deleteBackupRecord'],
  },
  PATCH: {
    '/koodrive/ose/v1/backup/lock': ['renewalBackupLock'],
    '/koodrive/ose/v1/backup/record/{recordId}': ['completeBackup'],
  },
};
