import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';
import type { CheckReadiness } from './readiness.ts';

/** The most connections at once, so that nobody who reaches the port can use up the memory. */
const maxConnections = 100;
/** How long a client may take to send its request, and how long it may leave its answer unread, in milliseconds. */
const timeoutMs = 10_000;

interface Reply {
  status?: number;
  type?: string;
  text: string;
}

const failed = (error: unknown): Reply => ({ status: 500, text: `${error}\n` });

/**
 * Creates the HTTP server for operators: `/healthz` (the process lives), `/readyz` (a record could be created, and the
 * server is not stopping) and `/metrics` (Prometheus). It asks for no credential, so its port must not be public.
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
    if (!page) return { status: 404, text: `Only ${Object.keys(pages).join(', ')} are served.\n` };
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
  // Ends a connection on which nothing is sent or received for this time.
  server.setTimeout(timeoutMs);
  server.maxConnections = maxConnections;
  return server;
}
