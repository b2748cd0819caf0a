import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import type { FreezableDisk } from './freezable-disk.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/**
 * Stalls the disk of a database while records are created, and lets it go on. While it stalls, every change must
 * finally be refused, and the server must live and report that it is not ready. Afterwards everything must go on
 * without a restart.
 *
 * @param times How often the disk stalls.
 * @returns How many records were acknowledged, and how many requests were refused.
 * @throws Error if the server behaves differently, or loses a record that it acknowledged.
 */
export async function diskStalled(
  disk: FreezableDisk,
  storage: TestStorage,
  { times, perRound }: { times: number; perRound: number },
): Promise<{ acknowledged: number; refused: number }> {
  const credentials = await issueTokens(storage, ['user-0', 'user-1', 'user-2', 'user-3']);
  await using server = await startProcess(storage);
  const workers = await prepareWorkers(server.url, credentials);
  const ledger = new Ledger();
  let isEnded = false;
  const load = Promise.all(
    workers.map(async (worker, client) => {
      const caller = createCaller(server.url, worker);
      for (let i = 0; !isEnded; i++) {
        const status = await ledger.create(caller, worker, (i + client) % 3 === 0);
        if (status === 503) await sleep(20);
        else if (status !== 200) throw new Error(`a request was refused with ${status}`);
      }
      caller.close();
    }),
  );
  load.catch(() => {});

  /** Waits until a condition holds, which the load brings about. Rejects if the load fails. */
  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await Promise.race([sleep(20), load]);
  }

  const isReady = async (): Promise<boolean> => (await fetch(`${server.adminUrl}/readyz`)).status === 200;
  const refused = (): number => ledger.refusals[503] ?? 0;

  try {
    for (let time = 0; time < times; time++) {
      const enough = ledger.acknowledged + perRound;
      await until(() => ledger.acknowledged >= enough);
      disk.freeze();
      const refusedBefore = refused();
      await until(async () => !(await isReady()));
      await until(() => refused() >= refusedBefore + workers.length);
      const { status } = await fetch(`${server.adminUrl}/healthz`);
      if (status !== 200) throw new Error(`while the disk stalls, healthz says ${status}`);
      disk.thaw();
      await until(isReady);
    }
    const enough = ledger.acknowledged + perRound;
    await until(() => ledger.acknowledged >= enough);
  } finally {
    isEnded = true;
    disk.thaw();
  }
  await load;
  await ledger.verify(server.url, credentials);
  return { acknowledged: ledger.acknowledged, refused: refused() };
}
