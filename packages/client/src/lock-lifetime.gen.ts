// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 716bb8ef64a23bcbb90bf309b2c87c9b65c826e331eddcde039ce214632b17d3

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
