import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Contract, type Operation, operationsAt, pathValues } from '../contract.ts';
import { mediaTypeViolation, readRequest, type Values } from '../validate-request.ts';
import type { Answer } from './answer.ts';
import { type Exchange, maxBodyBytes } from './exchange.ts';
import { createHttpServer, type FrontLoad, type HttpServerOptions } from './http-server.ts';
import { readTarget } from './target.ts';

export { maxBodyBytes } from './exchange.ts';
export { defaultLimits, type FrontLoad, type Limits } from './http-server.ts';

/** A request to an operation, before its body has been read. */
export interface Head {
  operation: Operation;
  request: IncomingMessage;
}

/** Who sent a request, or why that is not known. */
export type Authenticated<Caller> = { caller: Caller } | Refused;

/** Why a credential is not accepted. */
export interface Refused {
  /** What the client is told. */
  refusal: string;
  /** What the log is told, if that is more. */
  reason?: string;
}

/** A request that the contract has nothing against. */
export interface Accepted<Caller> extends Head {
  caller: Caller;
  query: URLSearchParams;
  /** What it holds, by the names of the contract. */
  values: Values;
}

/** What is behind the front. */
export interface Provider<Caller> {
  /**
   * Judges the credential.
   *
   * @returns A function if it takes the body to tell, as for a signature.
   */
  authenticate(head: Head): Promise<Authenticated<Caller> | ((body: Buffer) => Promise<Authenticated<Caller>>)>;
  /** Answers a request that the contract has nothing against. */
  answer(accepted: Accepted<Caller>): Promise<Answer>;
  /** The answer for what went wrong: what `authenticate` or `answer` threw. */
  failed(error: unknown): Answer;
}

/** An answer that was sent, and the request that it was for. */
export interface Answered {
  /** The client's X-traceid if it sent one, else an id of our own; the answer has it in the header X-Request-Id. */
  requestId: string;
  /** The operationId; `undefined` if the request is for none. */
  operation: string | undefined;
  /** `undefined` if it could not be read. */
  method: string | undefined;
  status: number;
  durationMs: number;
  /** Whose credential the request has; `undefined` if that is not known. */
  caller: unknown;
  /** The address at the other end of the connection: a proxy's, if there is one. */
  address: string | undefined;
  /** How much of the request's body was read, in bytes. */
  receivedBytes: number;
  /** The length of the answer's body, in bytes. */
  sentBytes: number;
  /** Why the request was refused. It may say more than the client is told, but never a credential. */
  reason?: string;
  /** What went wrong, if it is the provider's fault. Never a credential. */
  error?: unknown;
}

/** Is told of each answer. */
export type OnAnswer = (answered: Answered) => void;

/** What turns HTTP into requests that are judged. */
export interface Front {
  /** It is not listening yet. */
  server: Server;
  load(): FrontLoad;
}

/** How a front is set up. */
export interface FrontOptions<Caller> extends Omit<HttpServerOptions, 'serve' | 'onUnreadable'> {
  contract: Contract;
  provider: Provider<Caller>;
  onAnswer?: OnAnswer;
  /** The clock that Date tells, in milliseconds since the Unix epoch: a client learns the provider's time from it. */
  now?: () => number;
  /** Sees each request first. Returns `true` if it has answered it. */
  before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * Creates the HTTP server that mock and server share. It refuses what is no request to the contract, in one order:
 * target, Host, path (404), method (405), transfer coding (501), expectation (417), credentials that need no body (401),
 * the size of the body (413), signatures (401), media type (415), and all that the contract says (400).
 */
export function createFront<Caller>(options: FrontOptions<Caller>): Front {
  const { contract, refuse, provider, now = Date.now, onAnswer = () => {}, before = () => false } = options;
  const { operations } = contract;
  // Most requests are for these, so that it pays to know them.
  const literals = operations.map(({ path }) => path).filter((path) => !path.includes('{'));
  const byPath = new Map(literals.map((path) => [path, operationsAt(operations, path.split('/'))]));
  const tooLarge = refuse(413, `body must not be larger than ${maxBodyBytes} bytes`);
  const gaveWay = refuse(503, 'The server reads too much at once, and has done nothing: send it again', retryAfter);

  /** The operation that a request is for, or why it is refused without a look at its credential. */
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
    const unreadableBody = mediaTypeViolation(operation, headers);
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
    // A server that is closing serves who is connected, and then no more.
    if (!server.listening) response.shouldKeepAlive = false;
    // node:http makes it from the machine's clock.
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
    // What cannot be read of the request may have been refused meanwhile.
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

/** What becomes known of a request while it is judged. */
type Known = Pick<Answered, 'caller' | 'receivedBytes' | 'error'>;

interface Routed {
  operation: Operation;
  query: URLSearchParams;
  path: Record<string, string>;
}

/** `undefined` if there is nobody left to answer. */
type Judged = Answer | undefined;

// Enough to recognise a path by.
const shownCharacters = 200;
