// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: fcc248d1b212d4c9479a00a8e30828b759e35e6eafaaede829bd11253544270d

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
