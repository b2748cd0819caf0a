import { expect, it } from 'vitest';
import { describeBusiestEngine } from '../engines.ts';
import { isSoak, show } from '../soak.ts';
import { cutConnections } from './cut-connections.ts';

const counts = isSoak ? { cuts: 200, perCut: 40, clients: 32 } : { cuts: 4, perCut: 10, clients: 8 };

describeBusiestEngine((make, engine) => {
  it('creates no second record, and loses none, if connections are reset in the middle', async () => {
    using storage = await make();
    const shown = await cutConnections(storage, counts);
    show(`connections cut, on ${engine}`, shown);
    expect(shown.cutOff).toBeGreaterThan(0);
  });
});
