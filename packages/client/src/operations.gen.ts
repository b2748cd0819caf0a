// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: da1331e42d2b235c430c7e538b1c8f6b6d72376b3154b0a9d782a6224b3ca2c5

/** The operationId of each operation, and whether its success has data, by method and path. */
export const operationsByPath: Readonly<Record<string, readonly [operationId: string, hasData: boolean]>> = {
  'POST /koodrive/ose/v1/backup/record': ['createBackupRecord', true],
};
