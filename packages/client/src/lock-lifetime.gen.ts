// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: d9b07f6f60db671539429bc3eeb7633133058c24a0ddd4e09fa15e12011e88ea

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
