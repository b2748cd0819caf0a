// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 206ef68978fe527f05048cc347c4bc98db1a28149408b655c390f671b64f2eab

/** The version of the client. */
export const clientVersion = '0.1.0';
