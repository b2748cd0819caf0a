import type { IncomingMessage, Server } from 'node:http';
import { createFront, type Provider } from '@koodrive-backup/spec/front';
import { missingCredentials } from '@koodrive-backup/spec/validate-request';
import { allowOrigin } from './cross-origin.ts';
import { createPrism, type Selection } from './prism.ts';
import { refuse } from './refusal.ts';

/** Long enough for any request to a mock, short enough that a stalled client learns of it within a test's patience. */
const headersTimeoutMs = 30_000;

/**
 * Longer than a test process stalls, at a breakpoint or on a busy machine: a client that reuses a connection which was
 * closed meanwhile (Node's default is 5 s) fails with ECONNRESET.
 */
const keepAliveTimeoutMs = 72_000;

/**
 * Creates the server that answers the contract's operations; it is not listening yet.
 *
 * @param document An OpenAPI 3.1 document, bundled.
 */
export async function createMockServer(document: object): Promise<Server> {
  const respond = await createPrism(document);
  const provider: Provider<undefined> = {
    async authenticate({ operation, request }) {
      const missing = missingCredentials(operation, request.headersDistinct);
      return missing.length > 0 ? { refusal: missing.join('; ') } : { caller: undefined };
    },
    answer: ({ operation, request, query }) => respond(operation, selection(request, query)),
    failed: (error) => refuse(500, `mock failed: ${error instanceof Error ? error.message : error}`),
  };
  return createFront({ document, refuse, provider, headersTimeoutMs, keepAliveTimeoutMs, before: allowOrigin });
}

function selection({ headers, headersDistinct }: IncomingMessage, query: URLSearchParams): Selection {
  return { accept: headers.accept, prefer: headersDistinct.prefer?.join(','), query };
}
