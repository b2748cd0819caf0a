import { setTimeout as sleep } from 'node:timers/promises';
import type { Postgres } from '@koodrive-backup/testkit/postgres';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { createCaller } from '../caller.ts';
import { makeStorage } from '../storage.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/**
 * Stops the database under load and starts it again, in turns by a shutdown and by a crash. Meanwhile each request
 * must be refused with 503; afterwards everything must go on without a restart of the server.
 *
 * @param postgres The database, which no other test may use meanwhile.
 * @param times How often the database is stopped.
 * @param perRound The least number of records that are acknowledged before each stop.
 * @returns How many records were acknowledged, and how many requests were refused.
 * @throws Error if the server behaves differently, or loses a record that it acknowledged.
 */
export async function databaseGone(
  postgres: Postgres,
  { times, perRound }: { times: number; perRound: number },
): Promise<{ acknowledged: number; refused: number }> {
  using storage = await makeStorage(postgres.url);
  const credentials = await issueTokens(
    storage,
    Array.from({ length: 4 }, (_, i) => `user-${i}`),
  );
  await using server = await startProcess(storage);
  const { url, adminUrl } = server;
  const ledger = new Ledger();
  const workers = await prepareWorkers(url, credentials);
  let ended = false;
  const load = Promise.all(
    workers.map(async (worker, client) => {
      const caller = createCaller(url, worker);
      for (let i = 0; !ended; i++) {
        const status = await ledger.create(caller, worker, (i + client) % 3 === 0);
        if (status === 503) await sleep(50);
        else if (status !== 200) throw new Error(`a request was refused with ${status}`);
      }
      caller.close();
    }),
  );
  load.catch(() => {});

  async function acknowledges(count: number): Promise<void> {
    const enough = ledger.acknowledged + count;
    while (ledger.acknowledged < enough) {
      // Rejects if the load fails.
      await Promise.race([sleep(5), load]);
    }
  }

  try {
    for (let time = 0; time < times; time++) {
      await acknowledges(perRound);
      await (time % 2 === 0 ? postgres.stop() : postgres.crash());
      await isRefused(url, workers[0] ?? credentials[0]);
      const [health, readiness] = await Promise.all([fetch(`${adminUrl}/healthz`), fetch(`${adminUrl}/readyz`)]);
      if (health.status !== 200 || readiness.status !== 503) {
        throw new Error(`without a database, healthz says ${health.status}, and readyz ${readiness.status}`);
      }
      await postgres.start();
    }
    await acknowledges(perRound);
    const { status } = await fetch(`${adminUrl}/readyz`);
    if (status !== 200) throw new Error(`with the database back, readyz says ${status}`);
  } finally {
    ended = true;
  }
  await load;
  await ledger.verify(url, credentials);
  if (!server.isAlive()) throw new Error('the server ended');
  return { acknowledged: ledger.acknowledged, refused: ledger.refusals[503] ?? 0 };
}

async function isRefused(url: string, credential: { userId: string; token: string } | undefined): Promise<void> {
  if (!credential) return;
  const caller = createCaller(url, credential);
  const { status, headers, envelope } = await caller.call('listBoundDevice');
  caller.close();
  if (status !== 503 || headers['retry-after'] !== '1' || Number(envelope.code) !== 503) {
    throw new Error(`without a database, the answer is ${status} ${JSON.stringify(envelope)}`);
  }
}
