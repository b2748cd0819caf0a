/**
 * Milliseconds after which a request counts as never answered. Only a hang takes that long; the error names the
 * request.
 */
export const hangMs = 120_000;
