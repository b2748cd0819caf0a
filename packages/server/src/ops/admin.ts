import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';
import type { CheckReadiness } from './readiness.ts';

/**
 * Makes the server for those who run this one: `/healthz` (the process lives), `/readyz` (the store does its work, and
 * the server is not stopping) and `/metrics` (Prometheus). It has no authentication: keep its port to yourself.
 */
export function createAdmin({ registry }: Metrics, checkReadiness: CheckReadiness, isStopping: () => boolean): Server {
  async function whyNotReady(): Promise<string | undefined> {
    if (isStopping()) return 'the server is stopping';
    const reason = await checkReadiness();
    if (reason === undefined) return undefined;
    return reason instanceof Error ? reason.message : String(reason);
  }

  return createServer(async (request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return response.end('ok\n');
    if (path === '/readyz') {
      const reason = await whyNotReady();
      response.statusCode = reason === undefined ? 200 : 503;
      return response.end(reason === undefined ? 'ready\n' : `not ready: ${reason}\n`);
    }
    if (path === '/metrics') {
      response.setHeader('content-type', registry.contentType);
      return response.end(await registry.metrics());
    }
    response.statusCode = 404;
    return response.end('There are /healthz, /readyz and /metrics.\n');
  });
}
