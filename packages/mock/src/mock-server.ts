import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerOnSocket, unreadable } from '@koodrive-backup/spec/serving';
import { createAnswerer } from './answer.ts';
import { allowOrigin, answerPreflight, isPreflight } from './cross-origin.ts';
import { declaresTooLarge, readBody, tooLarge } from './read-body.ts';
import { type Answer, refusal } from './refusal.ts';

/** Long enough for any request to a mock, short enough that a stalled client learns of it within a test's patience. */
const requestTimeoutMs = 30_000;

/**
 * Longer than a test process stalls, at a breakpoint or on a busy machine: a client that reuses a connection which was
 * closed meanwhile (Node's default is 5 s) fails with ECONNRESET.
 */
const keepAliveTimeoutMs = 72_000;

/**
 * Makes the server that answers the contract's operations; it is not listening yet.
 *
 * @param contract An OpenAPI 3.1 document, bundled.
 */
export async function createMockServer(contract: object): Promise<Server> {
  const answer = await createAnswerer(contract);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      allowOrigin(request, response);
      if (isPreflight(request)) {
        answerPreflight(request, response);
        return;
      }
      const body = await readBody(request);
      if (body !== 'interrupted') send(response, await answer(request, body));
    } catch (error) {
      send(response, refusal(500, `mock failed: ${error instanceof Error ? error.message : error}`));
    }
  }

  function respondBeforeBody(request: IncomingMessage, response: ServerResponse): void {
    if (declaresTooLarge(request)) {
      refuseBeforeBody(request, response, tooLarge);
    } else {
      response.writeContinue();
      respond(request, response);
    }
  }

  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      // node:http refuses a request without Host with an empty body; the answerer says what is missing.
      requireHostHeader: false,
    },
    respond,
  );
  server.on('checkContinue', respondBeforeBody);
  server.on('checkExpectation', (request, response) => {
    refuseBeforeBody(request, response, refusal(417, 'header.Expect must be 100-continue'));
  });
  server.on('connect', (_request, socket) => {
    answerOnSocket(socket, refusal(405, 'method CONNECT is not served', { allow: '' }));
  });
  server.on('clientError', (error, socket) => {
    const { status, msg } = unreadable(error);
    answerOnSocket(socket, refusal(status, msg));
  });
  return server;
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(text);
}

/** The client may or may not send its body after this answer, so the connection cannot serve another request. */
function refuseBeforeBody(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  allowOrigin(request, response);
  response.setHeader('connection', 'close');
  send(response, answer);
}
