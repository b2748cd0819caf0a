// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 6d41b01df3e1f66d12c3b167b94a9f2ca3a91ceb8de00257f0adf37bb35c9abd

/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
