import { expect, it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { idleConnections } from './idle-connections.ts';

const connections = isSoak ? 10_000 : 200;

it('serves other clients beside idle connections', async () => {
  using storage = await makeStorage();
  const shown = await idleConnections(storage, { connections });
  show('idle connections', shown);
  expect(shown.connections).toBe(connections);
});
