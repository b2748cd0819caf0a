// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: da1331e42d2b235c430c7e538b1c8f6b6d72376b3154b0a9d782a6224b3ca2c5

/**
 * The codes of refusals that the vendor publishes and that may concern backups. A provider may answer with others.
 */
export const errorCodes = {
  /** A header, a parameter or the body fails its check. */
  parameterCheckFailed: 13000102,
  /** A call between the provider's own services failed. */
  internalServiceCallFailed: 13000201,
  /** The resource does not exist. */
  resourceDoesNotExist: 13000309,
} as const;
