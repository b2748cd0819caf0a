import { startProcess } from '@koodrive-backup/testkit/server-process';
import { startTcpProxy, type TcpProxy } from '@koodrive-backup/testkit/tcp-proxy';
import { createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/**
 * Resets connections in the middle of a request: those of the clients and, if there are any, of the database. A request
 * whose answer is lost may have created its record, once. A server that repeats it by itself would create a second one.
 *
 * @param cuts How often connections are reset. Each cut resets all connections of one side.
 * @param perCut The least number of records that are acknowledged before each cut.
 * @throws Error if an acknowledged record is lost, altered or stored twice, or the server does not go on.
 */
export async function cutConnections(
  storage: TestStorage,
  { cuts, perCut, clients }: { cuts: number; perCut: number; clients: number },
): Promise<{ acknowledged: number; cutOff: number; refused: number }> {
  const credentials = await issueTokens(
    storage,
    Array.from({ length: clients }, (_, i) => `user-${i}`),
  );
  await using database = storage.databaseUrl ? await startTcpProxy(targetOf(storage.databaseUrl)) : undefined;
  await using server = await startProcess(
    storage.databaseUrl && database
      ? { ...storage, databaseUrl: withPort(storage.databaseUrl, database.port) }
      : storage,
  );
  await using front = await startTcpProxy(targetOf(server.url));
  const workers = await prepareWorkers(server.url, credentials);
  const url = withPort(server.url, front.port);
  const ledger = new Ledger();
  let [done, cutOff] = [0, 0];
  let enough = perCut;

  function cutWhenEnough(): void {
    if (ledger.acknowledged < enough || done === cuts) return;
    const side: TcpProxy = done % 2 === 1 && database ? database : front;
    enough = ledger.acknowledged + perCut;
    done++;
    side.cut();
  }

  await Promise.all(
    workers.map(async (worker, client) => {
      const caller = createCaller(url, worker);
      for (let i = 0; done < cuts || ledger.acknowledged < enough; i++) {
        try {
          const status = await ledger.create(caller, worker, (i + client) % 3 === 0);
          if (status !== 200 && status !== 503) throw new Error(`a request was refused with ${status}`);
        } catch (error) {
          if (!isCut(error)) throw error;
          cutOff++;
        }
        cutWhenEnough();
      }
      caller.close();
    }),
  );
  if (!server.isAlive()) throw new Error('the server ended');
  await ledger.verify(server.url, credentials);
  return { acknowledged: ledger.acknowledged, cutOff, refused: ledger.refusals[503] ?? 0 };
}

const isCut = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ECONNRESET' || (error as Error).message === 'the answer was cut off';

function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = `${port}`;
  return changed.href.replace(/\/$/, '');
}
