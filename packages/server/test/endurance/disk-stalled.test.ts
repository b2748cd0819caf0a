import { it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { diskStalled } from './disk-stalled.ts';
import { makeFreezableDisk, noFreezableDisk } from './freezable-disk.ts';

it('refuses requests while the disk stalls, is not ready, and goes on by itself', async ({ skip }) => {
  using disk = makeFreezableDisk();
  if (!disk) return skip(noFreezableDisk);
  using storage = await makeStorage(undefined, disk.folder);
  show('disk stalled, on SQLite', await diskStalled(disk, storage, { times: isSoak ? 5 : 1, perRound: 50 }));
});
