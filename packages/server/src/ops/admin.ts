import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';
import type { CheckReadiness } from './readiness.ts';

/** How many connections may be open at once, so that whoever else reaches the port cannot use up the memory. */
const maxConnections = 100;
/** How long a client may take to send its request, and how long it may not read its answer, in milliseconds. */
const timeoutMs = 10_000;

interface Reply {
  status?: number;
  type?: string;
  text: string;
}

const failed = (error: unknown): Reply => ({ status: 500, text: `${error}\n` });

/**
 * Creates the server for those who run this one: `/healthz` (the process lives), `/readyz` (the store does its work, and
 * the server is not stopping) and `/metrics` (Prometheus). It asks for no credential: keep its port to yourself.
 */
export function createAdmin({ registry }: Metrics, checkReadiness: CheckReadiness, isStopping: () => boolean): Server {
  async function whyNotReady(): Promise<string | undefined> {
    if (isStopping()) return 'the server is stopping';
    const reason = await checkReadiness();
    if (reason === undefined) return undefined;
    return reason instanceof Error ? reason.message : String(reason);
  }

  const pages: Record<string, () => Promise<Reply>> = {
    '/healthz': async () => ({ text: 'ok\n' }),
    async '/readyz'() {
      const reason = await whyNotReady();
      return reason === undefined ? { text: 'ready\n' } : { status: 503, text: `not ready: ${reason}\n` };
    },
    '/metrics': async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };

  async function replyTo({ url = '', method = '' }: IncomingMessage, response: ServerResponse): Promise<Reply> {
    const [path = ''] = url.split('?');
    const page = pages[path];
    if (!page) return { status: 404, text: `There are ${Object.keys(pages).join(', ')}.\n` };
    if (method === 'GET' || method === 'HEAD') return page();
    response.setHeader('allow', 'GET, HEAD');
    return { status: 405, text: 'Only GET and HEAD are served.\n' };
  }

  const server = createServer(
    {
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      keepAliveTimeout: timeoutMs,
      connectionsCheckingInterval: 1000,
    },
    async (request, response) => {
      const { status = 200, type = 'text/plain; charset=utf-8', text } = await replyTo(request, response).catch(failed);
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    },
  );
  // Ends a connection on which nothing moves.
  server.setTimeout(timeoutMs);
  server.maxConnections = maxConnections;
  return server;
}
