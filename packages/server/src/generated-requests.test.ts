import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEngines } from '../test/engines.ts';
import { sendGeneratedRequests } from '../test/generated-requests.ts';
import { isSoak, show } from '../test/soak.ts';
import { startTestServer } from '../test/test-server.ts';

// The short form sends the same requests each time. The long form sends others each time, and prints their seed.
const [count, seed] = isSoak ? [100_000, randomInt(2 ** 31)] : [200, 1];

describeEngines((make, engine) => {
  it('answers every request as the contract says', async () => {
    using storage = await make();
    const server = await startTestServer(storage.databaseUrl ? { databaseUrl: storage.databaseUrl } : {});
    try {
      const users = [await server.newUser(), await server.newUser()];
      show(`generated requests, on ${engine}`, { seed });
      const statuses = await sendGeneratedRequests({ url: server.url, users, now: () => server.time, count, seed });
      show(`generated requests, on ${engine}`, statuses);
      // Enough requests that each status is certain to occur.
      for (const status of [200, 400, 401, 404, 405, 409]) expect(statuses).toHaveProperty(`${status}`);
    } finally {
      await server.close();
    }
  });
});
