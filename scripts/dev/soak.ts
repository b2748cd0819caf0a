// `pnpm soak`: what the server's tests try shortly, in full.
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { command } from '@koodrive-backup/lib/command';
import { pnpm } from '@koodrive-backup/lib/pack';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Postgres, startPostgres, whyNoPostgres } from '@koodrive-backup/testkit/postgres';
import { crowd } from '../../packages/server/test/endurance/crowd.ts';
import { cutConnections } from '../../packages/server/test/endurance/cut-connections.ts';
import { databaseGone } from '../../packages/server/test/endurance/database-gone.ts';
import { diskFull } from '../../packages/server/test/endurance/disk-full.ts';
import { idleConnections } from '../../packages/server/test/endurance/idle-connections.ts';
import { killUnderLoad } from '../../packages/server/test/endurance/kill-under-load.ts';
import { slowClients } from '../../packages/server/test/endurance/slow-clients.ts';
import { sendGeneratedRequests } from '../../packages/server/test/generated-requests.ts';
import { type Engine, makeStorage, type TestStorage } from '../../packages/server/test/storage.ts';
import { startTestServer } from '../../packages/server/test/test-server.ts';

const usage = `Usage: pnpm soak [NAME…]

Tries the server and the conformance suite as their tests do, with the full counts. NAME is one or more of:
  kill      kill -9 under load, 25 times on each engine
  crowd     4 servers on one PostgreSQL, 200 clients that create under locks
  database  the database is stopped or crashes under load, 10 times
  cut       connections of clients and of the database are reset under load, 200 times on each engine
  disk      the disk is full, 5 times on each engine (on Linux, as root)
  idle      10,000 connections that do nothing
  requests  100,000 requests generated from the contract, valid and broken, on each engine
  suite     every faulty provider, each caught by the check that names its fault, and 20 seeds without a false alarm
  slow      500 clients that never end their headers, then 500 that never end their body

Exit status: 0 all is well; 1 the server lost, doubled or altered something, or did not go on; 2 could not run.`;

/** Runs one scenario on one engine. Gives what it showed, or `undefined` where this machine cannot run it. */
type Run = (storage: TestStorage) => Promise<object | undefined>;

interface Scenario {
  engines: Engine[];
  run: Run;
}

const both: Engine[] = ['SQLite', 'PostgreSQL'];

const scenarios: Record<string, Scenario> = {
  kill: { engines: both, run: (storage) => killUnderLoad(storage, { times: 25, perKill: 500, clients: 32 }) },
  crowd: {
    engines: ['PostgreSQL'],
    run: (storage) => crowd(storage, { processes: 4, clients: 200, turns: 10 }),
  },
  database: { engines: ['PostgreSQL'], run: () => databaseGone({ times: 10, perRound: 300 }) },
  cut: { engines: both, run: (storage) => cutConnections(storage, { cuts: 200, perCut: 40, clients: 32 }) },
  disk: { engines: both, run: ({ engine }) => diskFull({ engine, times: 5 }) },
  idle: { engines: ['SQLite'], run: (storage) => idleConnections(storage, { connections: 10_000 }) },
  suite: { engines: ['SQLite'], run: suite },
  requests: { engines: both, run: ({ databaseUrl }) => requests(databaseUrl) },
  slow: {
    engines: ['SQLite'],
    async run(storage) {
      const headers = await slowClients(storage, { clients: 500, part: 'headers' });
      const body = await slowClients(storage, { clients: 500, part: 'body' });
      return { besideHeaders: headers.acknowledged, besideBodies: body.acknowledged };
    },
  },
};

/** Runs the long form of the suite's own tests, and gives how they ended. */
async function suite(): Promise<object> {
  const output = pnpm(['run', 'soak'], join(rootDir, 'packages', 'conformance'));
  return { tests: /Tests\s+(.*)/.exec(stripVTControlCharacters(output))?.[1] };
}

async function requests(databaseUrl: string | undefined): Promise<object> {
  const server = await startTestServer(databaseUrl === undefined ? {} : { databaseUrl });
  try {
    const users = [await server.newUser(), await server.newUser()];
    const seed = randomInt(2 ** 31);
    const now = () => server.time;
    return { seed, ...(await sendGeneratedRequests({ url: server.url, users, now, count: 100_000, seed })) };
  } finally {
    await server.close();
  }
}

async function soak(asked: string[]): Promise<number> {
  const names = asked.length > 0 ? asked : Object.keys(scenarios);
  const unknown = names.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined)
    throw new Error(`there is no scenario '${unknown}', but ${Object.keys(scenarios).join(', ')}`);
  if (turbo(['run', 'build', '--output-logs=errors-only']) !== 0) return 2;
  await using postgres = whyNoPostgres() === undefined ? await startPostgres() : undefined;
  let failed = 0;
  for (const name of names) failed += await tryOut(name, postgres);
  return failed === 0 ? 0 : 1;
}

/** Runs a scenario on its engines, and gives how often it failed. */
async function tryOut(name: string, postgres: Postgres | undefined): Promise<number> {
  const { engines = [], run } = scenarios[name] ?? {};
  let failed = 0;
  for (const engine of engines) {
    const title = `${name} on ${engine}`;
    if (engine === 'PostgreSQL' && !postgres) {
      console.warn(`SKIPPED ${title}: there is no PostgreSQL for ${process.platform}-${process.arch}`);
      continue;
    }
    console.error(`${title} …`);
    await using storage = await makeStorage(engine === 'PostgreSQL' ? postgres?.url : undefined);
    const begin = performance.now();
    try {
      const shown = await run?.(storage);
      const seconds = Math.round((performance.now() - begin) / 1000);
      if (shown) console.log(`ok      ${title}, ${seconds} s: ${JSON.stringify(shown)}`);
      else console.warn(`SKIPPED ${title}: this machine cannot run it`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${title}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return failed;
}

await command(usage, ({ positionals }) => soak(positionals), { allowPositionals: true });
