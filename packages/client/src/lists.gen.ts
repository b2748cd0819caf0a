// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 263ea1666b739c291206701141bf5464e2d73c83aa5145806014f8b9659762dd

/**
 * The lists of the contract, by path: the query parameter that selects a page, and the fields of the answer that have the
 * next page's cursor and the items.
 */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
