import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import document from '../../dist/openapi.json' with { type: 'json' };
import { readContract } from '../contract.ts';
import { type Answer, createRefuse, jsonAnswer } from './answer.ts';
import { createFront, type FrontLoad } from './front.ts';
import type { Limits } from './limits.ts';
import { urlOf } from './serving.ts';

const contract = readContract(document);
const refuse = createRefuse(document);
const lock = 'POST /koodrive/ose/v1/backup/lock HTTP/1.1';
const devices = 'GET /koodrive/ose/v1/backup/device HTTP/1.1';
const head = ['Host: a', 'Authorization: a', 'X-User-Id: 1', 'X-Date: 20251103T070140Z'];

/** The head of a request whose body has the given length. */
const begin = (start: string, length: number): string =>
  `${[start, ...head, `Content-Length: ${length}`].join('\r\n')}\r\n\r\n`;

/** An answer that is longer than the part that the system buffers if nobody reads it. */
const long = jsonAnswer(200, 'x'.repeat(30_000_000));

interface Running {
  server: Server;
  load: () => FrontLoad;
  connect: () => Socket;
}

/** Starts a front that judges credentials by the body, as for a signature. */
async function start(
  limits: Partial<Limits>,
  answer: () => Promise<Answer>,
  keepAliveTimeoutMs = 30_000,
): Promise<Running> {
  const { server, load } = createFront<string>({
    contract,
    refuse,
    limits,
    headersTimeoutMs: 30_000,
    keepAliveTimeoutMs,
    provider: {
      authenticate: async () => async () => ({ caller: 'user' }),
      answer,
      failed: () => refuse(500, 'failed'),
    },
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return {
    server,
    load,
    connect() {
      const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1').pause();
      socket.on('error', () => {});
      return socket;
    },
  };
}

/** A body that violates the contract: a 400 shows that it was read completely. */
const half = 'x'.repeat(60_000);

it('closes the connection that has waited longest if there are too many', async () => {
  const { load, connect } = await start({ maxConnections: 2 }, async () => long);
  const [first, second] = [connect(), connect()];
  await expect.poll(() => load().connections).toBe(2);
  first.write(begin('GET /none HTTP/1.1', 0));
  await once(first.resume(), 'data');
  const secondClosed = once(second.resume(), 'close');
  connect();
  await secondClosed;
  expect(load()).toMatchObject({ connections: 2, closedConnections: 1 });
  const firstClosed = once(first, 'close');
  connect();
  await firstClosed;
  expect(load()).toMatchObject({ connections: 2, closedConnections: 2 });
});

it('closes a new connection if the requests of all others are being worked on', async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { load, connect } = await start({ maxConnections: 1 }, () => promise);
  const first = connect();
  first.write(begin(devices, 0));
  await expect.poll(() => load().connections).toBe(1);
  await once(connect().resume(), 'close');
  resolve(refuse(409, 'done'));
  first.resume();
  expect(String(await once(first, 'data'))).toContain('HTTP/1.1 409 ');
});

it('gives up the body that has waited longest if bodies use too much memory', async () => {
  const { load, connect } = await start({ maxBytesInFlight: 100_000 }, async () => long);
  const [first, second] = [connect(), connect()];
  first.write(begin(lock, 2 * half.length) + half);
  await expect.poll(() => load().bytesInFlight).toBe(half.length);
  second.write(begin(lock, half.length) + half);
  const [given] = await once(first.resume(), 'data');
  expect(String(given)).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n/is);
  const [read] = await once(second.resume(), 'data');
  expect(String(read)).toContain('HTTP/1.1 400 ');
  expect(load()).toMatchObject({ givenUpRequests: 1 });
  // This client gets its refusal, although it sends its whole body first.
  first.write(half);
  await expect.poll(() => load().bytesInFlight).toBe(0);
});

it('does not give up a request that is being worked on, but a new one', async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { load, connect } = await start({ maxBytesInFlight: 100_000 }, () => promise);
  const [first, second] = [connect(), connect()];
  const body = JSON.stringify({ moduleCode: '101', more: half });
  first.write(begin(lock, body.length) + body);
  await expect.poll(() => load().bytesInFlight).toBe(body.length);
  second.write(begin(lock, 2 * half.length) + half);
  expect(String(await once(second.resume(), 'data'))).toContain('HTTP/1.1 503 ');
  resolve(refuse(409, 'done'));
  expect(String(await once(first.resume(), 'data'))).toContain('HTTP/1.1 409 ');
  await expect.poll(() => load().bytesInFlight).toBe(0);
});

it('closes the connection whose answer has waited longest if answers use too much memory', async () => {
  const { load, connect } = await start({ maxBytesInFlight: 40_000_000 }, async () => long);
  const [first, second] = [connect(), connect()];
  first.write(begin(devices, 0));
  await expect.poll(() => load().bytesInFlight).toBeGreaterThan(0);
  second.write(begin(devices, 0).replace('Host: a', 'Host: a\r\nConnection: close'));
  await expect.poll(() => load().givenUpRequests).toBe(1);
  expect(await text(second)).toContain(long.text);
  expect(await text(first)).not.toContain(long.text);
  expect(load().bytesInFlight).toBe(0);
});

it('works on one request of a connection at a time, and reads only some ahead', async () => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const { server, connect } = await start({}, async () => {
    const number = ++asked;
    await gate.promise;
    return jsonAnswer(200, { number });
  });
  let requests = 0;
  server.on('request', () => requests++);
  const socket = connect();
  socket.write(begin(devices, 0).repeat(5_999));
  socket.write(begin(devices, 0).replace('Host: a', 'Host: a\r\nConnection: close'));
  await expect.poll(() => asked).toBe(1);
  // Other connections are served in the meantime, so the server has read from this one as much as it is going to.
  for (const _ of Array.from({ length: 20 })) {
    const other = connect();
    other.write(begin('GET /none HTTP/1.1', 0));
    await once(other.resume(), 'data');
    other.destroy();
  }
  expect(asked).toBe(1);
  expect(requests).toBeLessThan(2_000);
  gate.resolve();
  const numbers = [...(await text(socket)).matchAll(/\{"number":(\d+)\}/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 6_000 }, (_, i) => i + 1));
});

it('counts no bytes of a client that disconnects while its request is being worked on', async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { load, connect } = await start({}, () => promise);
  const socket = connect();
  const body = JSON.stringify({ moduleCode: '101', more: half });
  socket.write(begin(lock, body.length) + body);
  await expect.poll(() => load().bytesInFlight).toBe(body.length);
  socket.destroy();
  await expect.poll(() => load().connections).toBe(0);
  resolve(refuse(409, 'done'));
  await expect.poll(() => load().bytesInFlight).toBe(0);
});

it('closes a connection whose answer is not read for too long', async () => {
  const { load, connect } = await start({ writeTimeoutMs: 50 }, async () => long);
  const socket = connect();
  socket.write(begin(devices, 0));
  await expect.poll(() => load().bytesInFlight).toBeGreaterThan(0);
  await expect.poll(load).toMatchObject({ connections: 0, bytesInFlight: 0, unreadAnswers: 1 });
});

it('closes an idle connection, and counts no unread answer', async () => {
  const { load, connect } = await start({}, async () => refuse(409, 'done'), 1);
  const socket = connect();
  socket.write(begin(devices, 0));
  await once(socket.resume(), 'close');
  await expect.poll(load).toMatchObject({ connections: 0, unreadAnswers: 0 });
});

it.each([
  ['its head', 10],
  ['its body', -half.length],
])('a client that pauses in %s for longer than an answer may wait gets its answer', async (_, pause) => {
  const { server, load, connect } = await start({ writeTimeoutMs: 50 }, async () => refuse(409, 'done'));
  const socket = connect();
  const whole = begin(lock, half.length * 2) + half + half;
  socket.write(whole.slice(0, pause));
  await once(server, 'timeout');
  socket.end(whole.slice(pause));
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  expect(load().unreadAnswers).toBe(0);
});

it('a provider that takes longer than an answer may wait can still answer', async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { server, load, connect } = await start({ writeTimeoutMs: 50 }, () => promise);
  const socket = connect();
  socket.write(begin(devices, 0));
  await once(server, 'timeout');
  resolve(refuse(409, 'done'));
  socket.end();
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 409 /);
  expect(load().unreadAnswers).toBe(0);
});

it('closes a connection whose late answer is not read for too long', async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { server, load, connect } = await start({ writeTimeoutMs: 50 }, () => promise);
  const socket = connect();
  socket.write(begin(devices, 0));
  await once(server, 'timeout');
  resolve(long);
  await expect.poll(load).toMatchObject({ connections: 0, bytesInFlight: 0, unreadAnswers: 1 });
});
