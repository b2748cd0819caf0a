import type { IncomingMessage, Server } from 'node:http';
import { type Contract, readContract } from '@koodrive-backup/spec/contract';
import { createFront, type Provider } from '@koodrive-backup/spec/front';
import { missingCredentials } from '@koodrive-backup/spec/validate-request';
import { allowOrigin } from './cross-origin.ts';
import type { Respond, Selection } from './prism.ts';
import { refuse } from './refusal.ts';

/** Long enough for any request to a mock, short enough that a stalled client learns of it within a test's patience. */
const headersTimeoutMs = 30_000;

/**
 * Longer than a test process stalls, at a breakpoint or on a busy machine: a client that reuses a connection which was
 * closed meanwhile (Node's default is 5 s) fails with ECONNRESET.
 */
const keepAliveTimeoutMs = 72_000;

/** What a mock answers with. It keeps no state between requests, so that any number of servers can share it. */
export interface Answering {
  contract: Contract;
  respond: Respond;
}

/**
 * Reads a contract.
 *
 * @param document An OpenAPI 3.1 document, bundled.
 */
export function createAnswering(document: object): Answering {
  let prism: Promise<Respond> | undefined;
  // Prism takes most of a start's time, and what is refused needs none of it.
  async function load(): Promise<Respond> {
    const { createPrism } = await import('./prism.ts');
    return createPrism(document);
  }
  return {
    contract: readContract(document),
    async respond(operation, selection) {
      prism ??= load();
      const respond = await prism;
      return respond(operation, selection);
    },
  };
}

/** Creates the server that answers a contract's operations; it is not listening yet. */
export function createMockServer({ contract, respond }: Answering): Server {
  const provider: Provider<undefined> = {
    async authenticate({ operation, request }) {
      const missing = missingCredentials(operation, request.headersDistinct);
      return missing.length > 0 ? { refusal: missing.join('; ') } : { caller: undefined };
    },
    answer: ({ operation, request, query }) => respond(operation, selection(request, query)),
    failed: (error) => refuse(500, `mock failed: ${error instanceof Error ? error.message : error}`),
  };
  return createFront({ contract, refuse, provider, headersTimeoutMs, keepAliveTimeoutMs, before: allowOrigin }).server;
}

function selection({ headers, headersDistinct }: IncomingMessage, query: URLSearchParams): Selection {
  return { accept: headers.accept, prefer: headersDistinct.prefer?.join(','), query };
}
