// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: d9b07f6f60db671539429bc3eeb7633133058c24a0ddd4e09fa15e12011e88ea

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
