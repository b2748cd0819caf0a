import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets a page of any origin read the answer. Answers a browser that asks whether it may send a request (Fetch standard,
 * "CORS-preflight request"). The headers are those of Prism's command line, so that a page that works with Prism also
 * works with this mock.
 *
 * @returns Whether the request was answered.
 */
export function allowOrigin({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  const { origin, 'access-control-request-method': wanted } = headers;
  response.setHeader('access-control-allow-origin', origin ?? '*');
  response.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*');
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-expose-headers', '*');
  if (method !== 'OPTIONS' || !origin || !wanted) return false;
  response.setHeader('access-control-allow-methods', wanted);
  response.setHeader('vary', 'origin');
  response.writeHead(204).end();
  return true;
}
