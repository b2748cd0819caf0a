import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the provider received. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** When the body was complete, in milliseconds of `performance.now()`. */
  at: number;
}

/** Answers a request, correctly or not. `count` is 1 for the first request. */
export type Handler = (response: ServerResponse, count: number, request: Seen) => unknown;

/** A real HTTP server on this machine. A test decides how it answers, and may let it misbehave. */
export interface Provider {
  url: string;
  port: number;
  /** All requests so far, in the order in which their bodies were complete. */
  seen: Seen[];
  /** Stops listening and ends all connections, even those that wait for an answer. */
  close(): Promise<void>;
}

/** Sends an answer. A string is sent as HTML; every other body as JSON. */
export function answer(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/**
 * Starts a provider. The handler answers each request until the provider is closed.
 *
 * @param port The port to listen on. Default: a free port.
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
