import type { IncomingMessage, Server } from 'node:http';
import { type Contract, readContract } from '@koodrive-backup/spec/contract';
import { createFront, type Provider } from '@koodrive-backup/spec/front';
import { missingCredentials } from '@koodrive-backup/spec/validate-request';
import { allowOrigin } from './cross-origin.ts';
import type { Respond, Selection } from './prism.ts';
import { refuse } from './refusal.ts';

/**
 * How long a client may take to send its headers, in milliseconds: long enough for any request to a mock, and short
 * enough that a stalled client gets an answer before its test ends.
 */
const headersTimeoutMs = 30_000;

/**
 * How long an idle connection is kept open, in milliseconds. Longer than a test process stalls, at a breakpoint or on a
 * busy machine: if the mock closed the connection meanwhile (Node's default is 5 s), a client that reuses it would fail
 * with ECONNRESET.
 */
const keepAliveTimeoutMs = 72_000;

/**
 * A contract, and the function that answers its operations. It keeps no state, so any number of servers can share it.
 */
export interface Answering {
  contract: Contract;
  respond: Respond;
}

/**
 * Reads a contract, and prepares the answers to its operations.
 *
 * @param document An OpenAPI 3.1 document, bundled.
 */
export function createAnswering(document: object): Answering {
  let prism: Promise<Respond> | undefined;
  // Load Prism with the first accepted request: loading it takes most of the time of a start, and refusals do not need
  // it.
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

/** Creates the HTTP server that answers a contract's operations. It is not listening yet. */
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
