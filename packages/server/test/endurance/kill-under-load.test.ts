import { it } from 'vitest';
import { describeEngines } from '../engines.ts';
import { killUnderLoad } from './kill-under-load.ts';

describeEngines((make) => {
  it('keeps every acknowledged record, once and as it was, when it is killed under load', async () => {
    await using storage = await make();
    await killUnderLoad(storage, { times: 1, perKill: 100, clients: 8 });
  });
});
