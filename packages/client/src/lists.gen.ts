// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 716bb8ef64a23bcbb90bf309b2c87c9b65c826e331eddcde039ce214632b17d3

/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
  '/koodrive/ose/v1/backup/record': { cursor: 'cursor', nextCursor: 'nextCursor', items: 'data' },
} as const;
