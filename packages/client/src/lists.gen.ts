// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: a6cc4100469d858b52d71ef53a2b6de189f58059ac9a29960a3a0355e82284c9

/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
