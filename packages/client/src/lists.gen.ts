// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: b2e1e4b49d10d948a259cef8af61f6667d18c539416ac582a6effc79a9088f70

/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
