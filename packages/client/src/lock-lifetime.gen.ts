// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 6d41b01df3e1f66d12c3b167b94a9f2ca3a91ceb8de00257f0adf37bb35c9abd

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
