// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: b2e1e4b49d10d948a259cef8af61f6667d18c539416ac582a6effc79a9088f70

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
