import { expect, it } from 'vitest';
import { makeStorage } from '../storage.ts';
import { idleConnections } from './idle-connections.ts';

it('serves others beside a thousand connections that do nothing', async () => {
  await using storage = await makeStorage();
  expect((await idleConnections(storage, { connections: 1000 })).connections).toBe(1000);
});
