import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { refused, sendRaw } from '../test/requests.ts';
import { refuseUnreadable } from './raw-refusal.ts';

it.each(['POST / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{'])(
  'a client that does not finish its request gets 408',
  async (unfinished) => {
    const server = createServer({ requestTimeout: 20, headersTimeout: 20, connectionsCheckingInterval: 10 });
    server.on('clientError', refuseUnreadable);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await refused(await sendRaw(url, unfinished), 408)).toBe('request is not readable: Request timeout');
    server.close();
    server.closeAllConnections();
  },
);
