import { it } from 'vitest';
import { describeEngines } from '../engines.ts';
import { diskFull } from './disk-full.ts';

describeEngines((_make, engine) => {
  it('refuses writing while the disk is full, reads on, and writes again once there is room', async ({ skip }) => {
    const refused = await diskFull({ engine, times: 1 });
    if (refused !== undefined) return;
    console.warn('\nSKIPPED, not tested on this machine: a full disk. Run the tests as root on Linux.');
    skip();
  });
});
