import { it } from 'vitest';
import { makeStorage } from '../storage.ts';
import { slowClients } from './slow-clients.ts';

it('sends clients away that never end their headers, and serves others beside them', async () => {
  await using storage = await makeStorage();
  await slowClients(storage, { clients: 100, part: 'headers' });
});
