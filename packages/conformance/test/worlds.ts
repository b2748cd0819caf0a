import type { BackupServer } from '@koodrive-backup/server';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { World } from './faulty-providers.ts';

const { 'x-lifetime-seconds': tokenSeconds } = contract.components.securitySchemes.accessToken;

/** How far a server's clock is ahead of the machine's. */
export interface Time {
  /** In milliseconds. */
  passed: number;
}

/**
 * Creates new users of a server, whom faulty providers know.
 *
 * @param time The clock of the server. It goes back for a moment, to issue a token that has expired by now.
 */
export function createWorlds(server: BackupServer, time: Time): () => Promise<World> {
  let users = 1000;
  return async () => {
    users += 2;
    const [userId, otherId] = [`${users}`, `${users + 1}`];
    time.passed = -1.5 * tokenSeconds * 1000;
    const expiredToken = await server.issueToken(userId);
    time.passed = 0;
    const [token, app, otherToken] = await Promise.all([
      server.issueToken(userId),
      server.issueApp(userId),
      server.issueToken(otherId),
    ]);
    return { userId, token, app, expiredToken, other: { userId: otherId, token: otherToken } };
  };
}
