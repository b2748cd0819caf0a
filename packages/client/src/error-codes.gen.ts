// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 4e2557e44837529488d1a1e635b4e263f3361b92999317e5d6e82017a8799b25

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
