import { connect } from 'node:net';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { createCaller } from '../caller.ts';
import { undecidedSignature } from '../signing.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, prepareWorkers } from './load.ts';

/**
 * Lets clients send an endless request byte by byte (slowloris), and others create records beside them.
 *
 * @param part Which part of the request never ends.
 * @returns How many records were created beside them.
 * @throws Error if a slow client does not get 408, or another client is refused.
 */
export async function slowClients(
  storage: TestStorage,
  { clients, part }: { clients: number; part: 'headers' | 'body' },
): Promise<{ acknowledged: number }> {
  const credentials = await issueTokens(storage, [`beside-${part}-0`, `beside-${part}-1`]);
  await using server = await startProcess(storage);
  const workers = await prepareWorkers(server.url, credentials);
  const ledger = new Ledger();
  let areGone = false;
  const load = Promise.all(
    workers.map(async (worker) => {
      const caller = createCaller(server.url, worker);
      while (!areGone) {
        const status = await ledger.create(caller, worker, false);
        if (status !== 200) throw new Error(`beside slow clients, a request was refused with ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      caller.close();
    }),
  );
  load.catch(() => {});
  try {
    const answers = await Promise.all(Array.from({ length: clients }, () => sendSlowly(server.url, part)));
    const others = answers.filter((answer) => !answer.startsWith('HTTP/1.1 408'));
    if (others.length > 0) throw new Error(`${others.length} slow clients did not get 408: ${others[0]}`);
  } finally {
    areGone = true;
  }
  await load;
  await ledger.verify(server.url, credentials);
  return { acknowledged: ledger.acknowledged };
}

/** Sends a byte now and then until the server ends the connection, and returns what came back. */
function sendSlowly(url: string, part: 'headers' | 'body'): Promise<string> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    let answer = '';
    const sending = setInterval(() => socket.write('a'), 200);
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(sending);
      resolve(answer);
    });
    socket.write(`POST /koodrive/ose/v1/backup/record HTTP/1.1\r\nhost: localhost\r\n${undecidedSignature}\r\n`);
    socket.write(part === 'headers' ? 'x-slow: ' : 'content-length: 100000\r\n\r\n');
  });
}
