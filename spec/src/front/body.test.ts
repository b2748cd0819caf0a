import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { readBody } from './body.ts';
import { createSharedLimit } from './shared-limit.ts';

it('says that the client went away before it had sent all', async () => {
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

it('reads a body to the byte, in however many pieces it comes', async () => {
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
