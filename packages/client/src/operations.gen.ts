// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: f67f18f6877fd664b61b19faae485572d6ba53e6612afded2cef9d299348d3e4

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

/** The patterns of the path and header parameters that a caller passes, by name. */
export const parameterPatterns: Partial<Record<string, RegExp>> = {
  'X-traceid': /^[!-~]+$/u,
  'x-backup-lock-id': /^[!-~]+$/u,
  'deviceId': /^([!-\-0-z|~][!-.0-z|~]*|\.[!-\-0-z|~][!-.0-z|~]*|\.\.[!-.0-z|~]+)$/u,
  'recordId': /^([!-\-0-z|~][!-.0-z|~]*|\.[!-\-0-z|~][!-.0-z|~]*|\.\.[!-.0-z|~]+)$/u,
};
