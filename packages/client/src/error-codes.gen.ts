// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 716bb8ef64a23bcbb90bf309b2c87c9b65c826e331eddcde039ce214632b17d3

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
