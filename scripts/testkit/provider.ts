import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the provider saw it. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** When its body had arrived, in milliseconds of this process's `performance`. */
  at: number;
}

/** Answers a request, well or badly. `count` is 1 for the first request. */
export type Handler = (response: ServerResponse, count: number, request: Seen) => unknown;

/** A real HTTP server on this machine that answers as a test wants it, however bad that is. */
export interface Provider {
  url: string;
  port: number;
  /** Every request so far, in the order in which their bodies had arrived. */
  seen: Seen[];
  /** Ends all connections, also those that wait for an answer. */
  close(): Promise<void>;
}

/** Answers with a body that is JSON unless it is a string, which is sent as HTML. */
export function answer(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/**
 * Starts a provider that answers by the handler until it is closed.
 *
 * @param port Where it listens; any free port by default.
 */
export async function startProvider(handler: Handler, port = 0): Promise<Provider> {
  const seen: Seen[] = [];
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const { method = '', url = '', headers } = message;
    const request = { method, url, headers, body: Buffer.concat(chunks), at: performance.now() };
    handler(response, seen.push(request), request);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
