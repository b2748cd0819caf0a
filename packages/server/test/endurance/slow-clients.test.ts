import { it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { slowClients } from './slow-clients.ts';

// This waits for the real limits of 10 and 30 seconds. api.test.ts tests the same with shorter limits.
it.runIf(isSoak).each(['headers', 'body'] as const)(
  'answers 408 to clients that never end their %s, and serves others beside them',
  async (part) => {
    using storage = await makeStorage();
    show(`slow clients, ${part}`, await slowClients(storage, { clients: 500, part }));
  },
);
