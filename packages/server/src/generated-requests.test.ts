import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendGeneratedRequests } from '../test/generated-requests.ts';
import { startTestServer, type TestServer } from '../test/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

it('answers whatever is sent by the contract', async () => {
  const users = [await server.newUser(), await server.newUser()];
  const { url } = server;
  const statuses = await sendGeneratedRequests({
    url,
    users,
    now: () => server.time,
    count: 500,
    seed: randomInt(2 ** 31),
  });
  // So many that each is sure to be among them.
  for (const status of [200, 400, 401, 404, 405, 409]) expect(statuses).toHaveProperty(`${status}`);
});
