import { startProcess } from '@koodrive-backup/testkit/server-process';
import { createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/** The result of killing a server. */
export interface KillResult {
  kills: number;
  acknowledged: number;
}

/**
 * Kills a server (`kill -9`) while clients create and complete records, again and again, and starts it again each time.
 *
 * @param times How often the server is killed.
 * @param perKill The least number of records that are acknowledged before each kill.
 * @throws Error if an acknowledged record is lost, altered or stored twice, or the server does not start again.
 */
export async function killUnderLoad(
  storage: TestStorage,
  { times, perKill, clients }: { times: number; perKill: number; clients: number },
): Promise<KillResult> {
  const credentials = await issueTokens(
    storage,
    Array.from({ length: clients }, (_, i) => `user-${i}`),
  );
  const ledger = new Ledger();
  let server = await startProcess(storage);
  try {
    // Locks last ten minutes, even if the server that created them is killed.
    const workers = await prepareWorkers(server.url, credentials);
    for (let kills = 0; kills < times; kills++) {
      const enough = ledger.acknowledged + perKill;
      const { url, isAlive, kill } = server;
      let killed: Promise<unknown> | undefined;
      await Promise.all(
        workers.map(async (worker, client) => {
          const caller = createCaller(url, worker);
          try {
            for (let i = 0; !killed; i++) {
              const status = await ledger.create(caller, worker, (i + client) % 3 === 0);
              if (status !== 200) throw new Error(`a request was refused with ${status}`);
              // The kill comes at the end of one request, while the others are in the middle of theirs.
              if (ledger.acknowledged >= enough) killed ??= kill();
            }
          } catch (error) {
            // After the kill there is no answer.
            if (!killed) throw isAlive() ? error : new Error('the server ended by itself', { cause: error });
          } finally {
            caller.close();
          }
        }),
      );
      await killed;
      server = await startProcess(storage);
      await ledger.verify(server.url, credentials);
    }
    return { kills: times, acknowledged: ledger.acknowledged };
  } finally {
    await server.kill();
  }
}
