// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 6d41b01df3e1f66d12c3b167b94a9f2ca3a91ceb8de00257f0adf37bb35c9abd

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
