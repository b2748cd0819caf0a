import { it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { diskFull } from './disk-full.ts';
import { makeSmallDisk, noSmallDisk } from './small-disk.ts';

it('refuses changes while the disk is full, goes on reading, and accepts changes again when there is room', async ({
  skip,
}) => {
  using disk = makeSmallDisk(6);
  if (!disk) return skip(noSmallDisk);
  using storage = await makeStorage(undefined, disk.folder);
  show('disk full, on SQLite', await diskFull(disk, storage, { times: isSoak ? 5 : 1 }));
});
