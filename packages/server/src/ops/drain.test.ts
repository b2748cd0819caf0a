import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { urlOf } from '@koodrive-backup/spec/serving';
import { readAnswers } from '@koodrive-backup/testkit/raw-http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDrain, type Drain } from './drain.ts';

// More than the buffers of two sockets hold.
const large = 'a'.repeat(16_000_000);
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
// Far more than a test takes, so a connection that ends within a test was not cut off.
const endlessMs = 2 ** 30;

let server: Server;
let drain: Drain;
/** The answers to requests for /held, which tests release one by one. */
let held: (() => void)[];
/** The server's ends of the connections, by the client's port. */
let ends: Map<number | undefined, Socket>;

const answers: RequestListener = (request, response) => {
  if (request.url === '/large') response.end(large);
  else if (request.url === '/held') held.push(() => response.end('held'));
  else response.end('small');
};

beforeEach(async () => {
  held = [];
  server = createServer(answers);
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    answers(request, response);
  });
  // Only the function under test may end idle connections.
  server.keepAliveTimeout = 0;
  ends = new Map();
  server.on('connection', (socket) => ends.set(socket.remotePort, socket));
  drain = createDrain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => drain(0));

async function open(sent = ''): Promise<Socket> {
  const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1');
  const accepted = once(server, 'connection');
  await Promise.all([once(socket, 'connect'), accepted]);
  if (sent) socket.write(sent);
  return socket;
}

/** Sends a request and reads its answer. The connection is idle then. */
async function used(request = get('/small')): Promise<Socket> {
  const socket = await open(request);
  for (let answer = ''; !answer.endsWith('small'); ) answer += (await once(socket, 'data'))[0];
  socket.pause();
  // Without this the server may not have noticed yet that the answer has been sent.
  await new Promise(setImmediate);
  return socket;
}

const bytesWritten = ({ localPort }: Socket): number => ends.get(localPort)?.bytesWritten ?? 0;

function bytesRead({ localPort }: Socket): number {
  return ends.get(localPort)?.bytesRead ?? 0;
}

const requests = (count: number): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    server.on('request', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });

it('finishes an answer that a slow client has not read yet, and then ends its connection', async () => {
  const arrived = requests(1);
  const socket = await open(get('/large'));
  await arrived;
  const drained = drain(endlessMs);
  // One turn of the event loop, in which a connection that is cut off at once would end.
  await new Promise(setImmediate);
  expect((await readAnswers(socket)).map(({ text }) => text.length)).toEqual([large.length]);
  await drained;
});

it('finishes every answer on a connection, even the later ones', async () => {
  const arrived = requests(2);
  const socket = await open(get('/held').repeat(2));
  await arrived;
  const drained = drain(endlessMs);
  const answered = readAnswers(socket);
  held[0]?.();
  await expect.poll(() => bytesWritten(socket)).toBeGreaterThan(0);
  await new Promise(setImmediate);
  held[1]?.();
  expect((await answered).map(({ text }) => text)).toEqual(['held', 'held']);
  await drained;
});

it('ends idle connections at once: those that were used, and those that never were', async () => {
  const arrived = requests(2);
  const asking = get('/small').replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n');
  const [busy, idle] = await Promise.all([open(get('/held')), Promise.all([open(), used(), used(asking)])]);
  await arrived;
  const drained = drain(endlessMs);
  await Promise.all(idle.map((socket) => once(socket.resume(), 'close')));
  expect(busy.closed).toBe(false);
  held[0]?.();
  expect((await readAnswers(busy)).map(({ text }) => text)).toEqual(['held']);
  await drained;
});

it('answers a request that has begun to arrive, even on a connection that was used before', async () => {
  const begun = await Promise.all([open(), used()]);
  const [first, second] = [get('/small').slice(0, 10), get('/small').slice(10)];
  const before = begun.map(bytesRead);
  for (const socket of begun) socket.write(first);
  await expect.poll(() => begun.map(bytesRead)).toEqual(before.map((bytes) => bytes + first.length));
  const drained = drain(endlessMs);
  await new Promise(setImmediate);
  for (const socket of begun) socket.write(second);
  for (const socket of begun) expect((await readAnswers(socket)).map(({ text }) => text)).toEqual(['small']);
  await drained;
});

it('cuts off connections that are still busy after the grace period', async () => {
  const arrived = requests(1);
  const socket = await open(get('/held'));
  await arrived;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const drained = drain(1000);
  vi.advanceTimersByTime(999);
  await new Promise(setImmediate);
  expect(ends.get(socket.localPort)?.closed).toBe(false);
  vi.advanceTimersByTime(1);
  await drained;
  vi.useRealTimers();
  expect(await readAnswers(socket)).toEqual([]);
});

it('leaves no timer behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await drain(1000);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
