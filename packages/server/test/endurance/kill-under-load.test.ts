import { it } from 'vitest';
import { describeEngines } from '../engines.ts';
import { isSoak, show } from '../soak.ts';
import { killUnderLoad } from './kill-under-load.ts';

const counts = isSoak ? { times: 25, perKill: 500, clients: 32 } : { times: 1, perKill: 50, clients: 6 };

describeEngines((make, engine) => {
  it('keeps every acknowledged record, once and unchanged, if it is killed under load', async () => {
    using storage = await make();
    show(`killed under load, on ${engine}`, await killUnderLoad(storage, counts));
  });
});
