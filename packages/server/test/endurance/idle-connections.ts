import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/**
 * Opens connections that stay idle, half of them after a request, and lets others create records meanwhile.
 *
 * @returns How many connections there were, and how many records were created beside them.
 * @throws Error if a connection or a request is refused.
 */
export async function idleConnections(
  storage: TestStorage,
  { connections }: { connections: number },
): Promise<{ connections: number; acknowledged: number }> {
  const credentials = await issueTokens(storage, ['user-0', 'user-1']);
  await using server = await startProcess(storage);
  const workers = await prepareWorkers(server.url, credentials);
  const ledger = new Ledger();
  const sockets: Socket[] = [];
  const { hostname: host, port } = new URL(server.url);
  let isOpen = false;
  const load = Promise.all(
    workers.map(async (worker) => {
      const caller = createCaller(server.url, worker);
      // While the idle connections are being opened, and for a time afterwards.
      for (let after = 0; after < 50; after += isOpen ? 1 : 0) {
        const status = await ledger.create(caller, worker, true);
        if (status !== 200) throw new Error(`beside idle connections, a request was refused with ${status}`);
      }
      caller.close();
    }),
  );
  load.catch(() => {});
  try {
    while (sockets.length < connections) {
      const batch = Array.from({ length: Math.min(250, connections - sockets.length) }, () =>
        connect(Number(port), host),
      );
      sockets.push(...batch);
      await Promise.all(batch.map((socket, i) => open(socket, i % 2 === 0)));
    }
    isOpen = true;
    await load;
  } finally {
    isOpen = true;
    for (const socket of sockets) socket.destroy();
  }
  await ledger.verify(server.url, credentials);
  if (!server.isAlive()) throw new Error('the server ended');
  return { connections: sockets.length, acknowledged: ledger.acknowledged };
}

async function open(socket: Socket, asks: boolean): Promise<void> {
  await once(socket, 'connect');
  // The server may end the connection later.
  socket.on('error', () => {});
  if (!asks) return;
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 404')) throw new Error(`an idle connection was answered with ${answer}`);
}
