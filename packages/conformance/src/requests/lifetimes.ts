import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** How long a lock lasts after it was taken or renewed, in seconds. */
export const lockSeconds: number = contract.components.schemas.LockInfo['x-lifetime-seconds'];

/** A duration in which a lock surely does not expire, in milliseconds, even if the machines are busy. */
export const safeLockMs: number = 0.4 * lockSeconds * 1000;

/** How old X-Date may be, in seconds. */
export const dateSeconds: number = contract.components.parameters.Date['x-lifetime-seconds'];
