// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: fe42d6f2e47370540c7e97300a1aecc4babe1350a63faf4af8881e5537ea6803

/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = 600000;
