import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { type Credential, createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, listAll, prepareWorkers, type Worker } from './load.ts';
import type { SmallDisk } from './small-disk.ts';

/**
 * Fills the disk of a database while records are created, and makes room again. Meanwhile creates must be refused, and
 * reads must go on; afterwards creates must go on, too, all without a restart.
 *
 * @param disk The disk of the storage.
 * @param times How often the disk is filled.
 * @returns How many requests were refused.
 * @throws Error if the server behaves differently, or loses a record that it acknowledged.
 */
export async function diskFull(
  disk: SmallDisk,
  storage: TestStorage,
  { times }: { times: number },
): Promise<{ refused: number }> {
  const userIds = ['user-0', 'user-1', 'user-2', 'user-3'];
  const credentials = await issueTokens(storage, userIds);
  // These tokens are first used while the disk is full, because using a token writes to the disk.
  const unused = await Promise.all(Array.from({ length: times }, () => issueTokens(storage, userIds)));
  await using server = await startProcess(storage);
  const workers = await prepareWorkers(server.url, credentials);
  const ledger = new Ledger();
  for (const fresh of unused) {
    await createUntil(server.url, workers, ledger, (status) => status === 200);
    disk.fill(64 * 1024);
    await createUntil(server.url, workers, ledger, (status) => status === 503);
    await refusesAndReads(server.url, workers, fresh, ledger);
    disk.free();
    await createUntil(server.url, workers, ledger, (status) => status === 200);
    await ledger.verify(server.url, credentials);
    if (!server.isAlive()) throw new Error('the server ended');
  }
  return { refused: ledger.refusals[503] ?? 0 };
}

/** Lets each user create records until the expected status comes. */
async function createUntil(
  url: string,
  workers: Worker[],
  ledger: Ledger,
  isIt: (status: number) => boolean,
): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      const caller = createCaller(url, worker);
      try {
        for (;;) {
          const status = await ledger.create(caller, worker, true);
          if (status !== 200 && status !== 503) throw new Error(`a request was refused with ${status}`);
          if (isIt(status)) return;
          if (status === 503) await sleep(20);
        }
      } finally {
        caller.close();
      }
    }),
  );
}

async function refusesAndReads(url: string, workers: Worker[], fresh: Credential[], ledger: Ledger): Promise<void> {
  for (const [i, worker] of workers.entries()) {
    const caller = createCaller(url, worker);
    // The database may have reserved some room, which is soon used up.
    let refused = await caller.call('bindDevice', { body: { machineCode: 'x' } });
    for (let n = 0; refused.status === 200 && n < 5000; n++) {
      refused = await caller.call('bindDevice', { body: { machineCode: `x${n}` } });
    }
    if (refused.status !== 503 || refused.headers['retry-after'] !== '1') {
      throw new Error(
        `on a full disk a device is bound with ${refused.status}, Retry-After ${refused.headers['retry-after']}`,
      );
    }
    caller.close();
    const [credential] = fresh.slice(i);
    if (credential) await listAll(url, credential);
  }
  await ledger.verify(url, workers);
}
