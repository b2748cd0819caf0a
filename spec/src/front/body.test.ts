import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { discardBody, readBody } from './body.ts';
import { createSharedLimit } from './shared-limit.ts';

it('reports that the client disconnected before it had sent the whole body', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{');
  const [request] = await once(server, 'request');
  const body = readBody(
    request,
    10,
    createSharedLimit(10).claim(() => {}),
  );
  socket.destroy();
  expect(await body).toBe('interrupted');
  server.close();
});

it('reads every byte of a body, however many pieces it arrives in', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sent = Array.from({ length: 5_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  const chunks = [...sent].map((byte) => `1\r\n${byte}\r\n`);
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`);
  const [request] = await once(server, 'request');
  const limit = createSharedLimit(sent.length);
  expect(
    String(
      await readBody(
        request,
        sent.length,
        limit.claim(() => {}),
      ),
    ),
  ).toBe(sent);
  expect(limit).toMatchObject({ used: sent.length, gaveWay: 0 });
  socket.destroy();
  server.close();
});

it.each([
  [
    'reads',
    (request: IncomingMessage) =>
      readBody(
        request,
        8_000_000,
        createSharedLimit(8_000_000).claim(() => {}),
      ),
  ],
  ['drops', (request: IncomingMessage) => discardBody(request, 8_000_000)],
])('%s only a little of a long body in one turn', async (_, take) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const length = 4_000_000;
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
  const [request] = await once(server, 'request');
  // Now the whole body waits to be read, or as much of it as the system buffers.
  await new Promise((resolve) => {
    socket.write('x'.repeat(length), resolve);
    setImmediate(resolve);
  });
  let read = 0;
  let inOneTurn = 0;
  let most = 0;
  request.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (inOneTurn === 0) setImmediate(() => (inOneTurn = 0));
    inOneTurn += chunk.length;
    most = Math.max(most, inOneTurn);
  });
  void take(request);
  await once(request, 'end');
  expect(read).toBe(length);
  expect(most).toBeLessThan(300_000);
  socket.destroy();
  server.close();
});
