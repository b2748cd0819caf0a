import { type Postgres, startPostgres } from '@koodrive-backup/testkit/postgres';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { isSoak, show } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { databaseGone } from './database-gone.ts';
import { diskFull } from './disk-full.ts';
import { makeSmallDisk, noSmallDisk, type SmallDisk } from './small-disk.ts';

const counts = isSoak ? { times: 10, perRound: 300 } : { times: 2, perRound: 20 };

// This PostgreSQL is stopped, crashes and runs out of disk, so it cannot be the one that the other tests share.
describe.skipIf(!inject('postgresUrl'))('a PostgreSQL in trouble', () => {
  let disk: SmallDisk | undefined;
  let postgres: Postgres;
  beforeAll(async () => {
    disk = makeSmallDisk(isSoak ? 160 : 64);
    postgres = await startPostgres(disk && { parent: disk.folder });
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    disk?.[Symbol.dispose]();
  });

  it('makes the server answer 503 while it is down, and is used again when it is back', async () => {
    show('database gone', await databaseGone(postgres, counts));
  });

  it('can be read while its disk is full, and written again when there is room', async ({ skip }) => {
    if (!disk) return skip(noSmallDisk);
    using storage = await makeStorage(postgres.url);
    show('disk full, on PostgreSQL', await diskFull(disk, storage, { times: isSoak ? 5 : 1 }));
  });
});
