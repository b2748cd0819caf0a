// `pnpm soak` of this package: generated requests by the hundred thousand.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { sendGeneratedRequests } from './generated-requests.ts';
import { startTestServer } from './test-server.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: `${randomInt(2 ** 31)}` },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const server = await startTestServer();
try {
  const users = await Promise.all([server.newUser(), server.newUser(), server.newUser()]);
  console.log(`${count} generated requests, seed ${seed}`);
  const begin = performance.now();
  // The server's clock: locks and tokens come to their end meanwhile, and what is deleted is removed.
  const now = (): number => {
    server.time += 100;
    return server.time;
  };
  const statuses = await sendGeneratedRequests({ url: server.url, users, now, count, seed });
  const seconds = Math.round((performance.now() - begin) / 1000);
  console.log(`all were answered by the contract, in ${seconds} s: ${JSON.stringify(statuses)}`);
} finally {
  await server.close();
}
