// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 90dfc2893c8d86c626ebc18165eaafd2d51eee6cbce6fd893ae7083f40ef8fa3

/** The lifetime of a lock in milliseconds, from when it was created or renewed. */
export const lockLifetimeMs = 600000;
