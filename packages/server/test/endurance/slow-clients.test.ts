import { it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { slowClients } from './slow-clients.ts';

// It waits for limits of 10 and 30 seconds. api.test.ts tries the same with limits that are shorter.
it.runIf(isSoak).each(['headers', 'body'] as const)(
  'sends clients away that never end their %s, and serves others beside them',
  async (part) => {
    using storage = await makeStorage();
    show(`slow clients, ${part}`, await slowClients(storage, { clients: 500, part }));
  },
);
