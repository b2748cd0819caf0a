import { inject, it } from 'vitest';
import { databaseGone } from './database-gone.ts';

it.skipIf(!inject('postgresUrl'))(
  'answers 503 while the database is gone, and goes on by itself once it is back',
  async () => {
    await databaseGone({ times: 2, perRound: 20 });
  },
);
