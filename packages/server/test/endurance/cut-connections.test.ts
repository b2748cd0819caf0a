import { expect, it } from 'vitest';
import { describeEngines } from '../engines.ts';
import { cutConnections } from './cut-connections.ts';

describeEngines((make) => {
  it('makes no second record, and loses none, where connections are reset in the middle', async () => {
    await using storage = await make();
    const { cutOff } = await cutConnections(storage, { cuts: 4, perCut: 20 });
    expect(cutOff).toBeGreaterThan(0);
  });
});
