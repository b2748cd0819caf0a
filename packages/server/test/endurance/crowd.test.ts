import { it } from 'vitest';
import { describeEngines } from '../engines.ts';
import { crowd } from './crowd.ts';

describeEngines((make, engine) => {
  it('gives each lock to one client at a time, each id to one record, and loses none, in a crowd', async () => {
    await using storage = await make();
    // SQLite is for one server.
    await crowd(storage, { processes: engine === 'SQLite' ? 1 : 2, clients: 20, turns: 2 });
  });
});
