/** Milliseconds after which a request counts as never answered. Only a hang meets it; it names the request then. */
export const hangMs = 120_000;
