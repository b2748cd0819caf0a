import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { readBody } from './body.ts';

it('says that the client went away before it had sent all', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{');
  const [request] = await once(server, 'request');
  const body = readBody(request, 10);
  socket.destroy();
  expect(await body).toBe('interrupted');
  server.close();
});
