import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Contract, type Operation, operationsAt, pathValues } from '../contract.ts';
import { mediaTypeViolation, readRequest, type Values } from '../validate-request.ts';
import type { Answer } from './answer.ts';
import { type Exchange, maxBodyBytes } from './exchange.ts';
import { createHttpServer, type FrontLoad, type HttpServerOptions } from './http-server.ts';
import { readTarget } from './target.ts';

export { maxBodyBytes } from './exchange.ts';
export type { FrontLoad } from './http-server.ts';

/** A request to an operation, before its body was read. */
export interface Head {
  operation: Operation;
  request: IncomingMessage;
}

/** The sender of a request, or why the credential was not accepted. */
export type Authenticated<Caller> = { caller: Caller } | Refused;

/** Why a credential was not accepted. */
export interface Refused {
  /** The message for the client. */
  refusal: string;
  /** The message for the log, if it says more. */
  reason?: string;
}

/** A request that follows the contract. */
export interface Accepted<Caller> extends Head {
  caller: Caller;
  query: URLSearchParams;
  /** Its parameters and body, by the names in the contract. */
  values: Values;
}

/** The provider behind the front: the mock or the server. */
export interface Provider<Caller> {
  /**
   * Judges the credential.
   *
   * @returns The verdict, or a function that returns it if the body is needed for it, as for a signature.
   */
  authenticate(head: Head): Promise<Authenticated<Caller> | ((body: Buffer) => Promise<Authenticated<Caller>>)>;
  /** Answers a request that follows the contract. */
  answer(accepted: Accepted<Caller>): Promise<Answer>;
  /** Returns the answer for an error that `authenticate` or `answer` threw. */
  failed(error: unknown): Answer;
}

/** An answer that was sent, and its request. */
export interface Answered {
  /** The client's X-traceid if it sent one, otherwise a new id. The answer has it in the header X-Request-Id. */
  requestId: string;
  /** The operationId; `undefined` if the request is not to an operation. */
  operation: string | undefined;
  /** The HTTP method; `undefined` if it could not be read. */
  method: string | undefined;
  status: number;
  durationMs: number;
  /** The sender, from the credential of the request; `undefined` if it is not known. */
  caller: unknown;
  /** The address at the other end of the connection: a proxy's, if there is one. */
  address: string | undefined;
  /** The length of the request's body, in bytes; 0 if it was not read. */
  receivedBytes: number;
  /** The length of the answer's body, in bytes. */
  sentBytes: number;
  /** Why the request was refused. It may say more than the answer does. It never contains a credential. */
  reason?: string;
  /** The error, if the provider failed. It never contains a credential. */
  error?: unknown;
}

/** Called for each answer. */
export type OnAnswer = (answered: Answered) => void;

/** The front: it turns HTTP into judged requests. */
export interface Front {
  /** The HTTP server. It is not listening yet. */
  server: Server;
  load(): FrontLoad;
}

/** The options of a front. */
export interface FrontOptions<Caller> extends Omit<HttpServerOptions, 'serve' | 'onUnreadable'> {
  contract: Contract;
  provider: Provider<Caller>;
  onAnswer?: OnAnswer;
  /**
   * The clock for the header Date, in milliseconds since the Unix epoch; the machine's clock by default. A client
   * learns the provider's time from Date.
   */
  now?: () => number;
  /** Called for each request before anything else. Returns `true` if it has answered the request. */
  before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * Creates the HTTP server that mock and server share. It refuses requests that violate HTTP or the contract, and checks
 * them in this order: target (400), Host (400), path (404), method (405), transfer coding (501), expectation (417),
 * credentials that need no body (401), size of the body (413), signatures (401), media type (415), and everything else
 * in the contract (400).
 */
export function createFront<Caller>(options: FrontOptions<Caller>): Front {
  const { contract, refuse, provider, now = Date.now, onAnswer = () => {}, before = () => false } = options;
  const { operations } = contract;
  // Index the paths without parameters, because most requests are to these.
  const literals = operations.map(({ path }) => path).filter((path) => !path.includes('{'));
  const byPath = new Map(literals.map((path) => [path, operationsAt(operations, path.split('/'))]));
  const tooLarge = refuse(413, `body must not be larger than ${maxBodyBytes} bytes`);
  const gaveWay = refuse(503, 'too many bodies are in memory: nothing was done, send the request again', retryAfter);

  /** Finds the operation of a request, or refuses the request for a reason that does not depend on its credential. */
  function route(request: IncomingMessage): Routed | Answer {
    const { headers, headersDistinct, httpVersion, method = '', url = '' } = request;
    const target = readTarget(url);
    if (typeof target === 'string') return refuse(400, target);
    const hosts = headersDistinct.host?.length ?? 0;
    if (hosts > 1 || (!headers.host && httpVersion === '1.1')) return refuse(400, 'header.Host must be sent once');
    const here = byPath.get(target.path) ?? operationsAt(operations, target.segments);
    const path = target.path.slice(0, shownCharacters);
    if (here.length === 0) return refuse(404, `path ${path} is not in the contract`);
    const operation = here.find((candidate) => candidate.method === method);
    const allow = here.map((candidate) => candidate.method).join(', ');
    if (!operation) return refuse(405, `method ${method} is not in the contract for ${path}`, { allow });
    if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
      return refuse(501, 'header.Transfer-Encoding must be chunked');
    }
    if ((headers.expect ?? '100-continue').toLowerCase() !== '100-continue') {
      return refuse(417, 'header.Expect must be 100-continue');
    }
    return { operation, query: target.query, path: pathValues(operation, target.segments) };
  }

  async function judge(exchange: Exchange, { operation, query, path }: Routed, known: Known): Promise<Judged> {
    const { request } = exchange;
    const authenticated = await provider.authenticate({ operation, request });
    const needsBody = typeof authenticated === 'function';
    if (!needsBody && 'refusal' in authenticated) return unauthorized(authenticated);
    if (!needsBody) known.caller = authenticated.caller;
    const body = await exchange.readBody();
    if (body === 'interrupted') return undefined;
    if (body === 'too large') return tooLarge;
    if (body === 'gave way') return gaveWay;
    known.receivedBytes = body.length;
    const judged = needsBody ? await authenticated(body) : authenticated;
    if ('refusal' in judged) return unauthorized(judged);
    const { caller } = judged;
    known.caller = caller;
    const headers = request.headersDistinct;
    // A request without a body may have any Content-Type (errata, E35).
    const unreadableBody = body.length > 0 ? mediaTypeViolation(operation, headers) : undefined;
    if (unreadableBody) return refuse(415, unreadableBody);
    const { violations, values } = readRequest(operation, { path, query, headers, body });
    if (violations.length > 0) return refuse(400, violations.join('; '));
    return provider.answer({ operation, request, query, values, caller });
  }

  function unauthorized({ refusal, reason = refusal }: Refused): Answer {
    return { ...refuse(401, refusal, challenge), reason };
  }

  async function serve(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const begin = performance.now();
    // A server that is closing still answers on open connections, and then closes them.
    if (!server.listening) response.shouldKeepAlive = false;
    // By default, node:http sets Date from the machine's clock.
    if (now !== Date.now) response.setHeader('date', new Date(now()).toUTCString());
    if (before(request, response)) return;
    exchange.begin();
    const routed = route(request);
    const known: Known = { caller: undefined, receivedBytes: 0 };
    let answer: Judged;
    try {
      answer = 'operation' in routed ? await judge(exchange, routed, known) : routed;
    } catch (error) {
      known.error = error;
      answer = provider.failed(error);
    }
    // The request may already be refused, because the rest of it was unreadable; then nothing more can be written.
    if (!answer || !request.socket.writable) return exchange.end();
    const { status, text, reason } = answer;
    const { remoteAddress: address } = request.socket;
    response.once('close', () => {
      exchange.end();
      onAnswer({
        requestId: exchange.requestId,
        operation: 'operation' in routed ? routed.operation.id : undefined,
        method: request.method,
        status,
        durationMs: performance.now() - begin,
        address,
        sentBytes: Buffer.byteLength(text),
        ...(reason !== undefined && { reason }),
        ...known,
      });
    });
    exchange.send(answer);
  }

  const { server, load } = createHttpServer({
    ...options,
    serve,
    onUnreadable(requestId, method, { remoteAddress: address }, { status, text, reason = '' }) {
      onAnswer({
        requestId,
        operation: undefined,
        method,
        status,
        durationMs: 0,
        caller: undefined,
        address,
        receivedBytes: 0,
        sentBytes: Buffer.byteLength(text),
        reason,
      });
    },
  });
  return { server, load };
}

// The schemes of the contract's credentials (RFC 9110, section 11.6.1).
const challenge = { 'www-authenticate': 'Bearer, HMAC-SHA256' };

const retryAfter = { 'retry-after': '1' };

/** The facts about a request that become known while it is judged. */
type Known = Pick<Answered, 'caller' | 'receivedBytes' | 'error'>;

interface Routed {
  operation: Operation;
  query: URLSearchParams;
  path: Record<string, string>;
}

/** `undefined` if the client has gone. */
type Judged = Answer | undefined;

// Enough to recognise a path.
const shownCharacters = 200;
