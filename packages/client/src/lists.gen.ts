// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: fe42d6f2e47370540c7e97300a1aecc4babe1350a63faf4af8881e5537ea6803

/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
