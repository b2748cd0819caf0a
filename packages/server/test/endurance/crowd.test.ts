import { it } from 'vitest';
import { describeBusiestEngine } from '../engines.ts';
import { isSoak, show } from '../soak.ts';
import { crowd } from './crowd.ts';

const counts = isSoak ? { clients: 200, turns: 10 } : { clients: 12, turns: 1 };

describeBusiestEngine((make, engine) => {
  it('gives each lock to one client at a time and each id to one record, and loses no record, under many clients', async () => {
    using storage = await make();
    // SQLite is for one server.
    const processes = engine === 'SQLite' ? 1 : isSoak ? 4 : 2;
    show(`crowd, on ${engine}`, await crowd(storage, { processes, ...counts }));
  });
});
