import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Contract, type Operation, operationsAt, pathValues } from '../contract.ts';
import { mediaTypeViolation, readRequest, type Values } from '../validate-request.ts';
import type { Answer, Refuse } from './answer.ts';
import { announcesMore, discardBody, hasBody, type ReadBody, readBody } from './body.ts';
import { answerOnSocket, unreadable } from './serving.ts';
import { type Claim, createSharedLimit } from './shared-limit.ts';
import { readTarget } from './target.ts';

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

/** What strangers could use up otherwise. */
export interface Limits {
  /** How many connections may be open at once. Default 4096. The one that has waited longest for its client is closed. */
  maxConnections: number;
  /**
   * How many bytes of bodies and of answers may wait in memory. Default 64 MB. The request that has waited longest for its
   * client is refused with 503; if it is answered already, its connection is closed.
   */
  maxBytesInFlight: number;
  /** How long a client may leave its answer unread, in milliseconds. Default 30,000. */
  writeTimeoutMs: number;
}

/** The limits of a front that is told nothing else. */
export const defaultLimits: Limits = {
  maxConnections: 4096,
  maxBytesInFlight: 67_108_864,
  writeTimeoutMs: 30_000,
};

/** How near a front is to its limits. */
export interface FrontLoad {
  connections: number;
  bytesInFlight: number;
  /** Connections that were closed so far, because there were too many. */
  closedConnections: number;
  /** Requests that were given up so far, because too many bytes were in flight. */
  givenUpRequests: number;
}

/** What turns HTTP into requests that are judged. */
export interface Front {
  /** It is not listening yet. */
  server: Server;
  load(): FrontLoad;
}

/** How a front is set up. */
export interface FrontOptions<Caller> {
  contract: Contract;
  refuse: Refuse;
  provider: Provider<Caller>;
  /** How long a client may take to send its headers, in milliseconds. */
  headersTimeoutMs: number;
  /** How long a connection without a request is kept, in milliseconds. */
  keepAliveTimeoutMs: number;
  limits?: Partial<Limits>;
  onAnswer?: OnAnswer;
  /** The clock that Date tells, in milliseconds since the Unix epoch: a client learns the provider's time from it. */
  now?: () => number;
  /** Sees each request first. Returns `true` if it has answered it. */
  before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** The largest body that is read, in bytes: 1 MB. */
export const maxBodyBytes = 1_048_576;

/** The most that is read of the body of a request that is refused, in bytes: 32 MB. */
const maxDiscardedBytes = 32 * maxBodyBytes;

/** How long a client may take to send a whole request, in milliseconds. */
const requestTimeoutMs = 30_000;

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
  /** Connections whose request was answered before it was read to its end. */
  const answered = new WeakSet<Duplex>();
  const tooLarge = refuse(413, `body must not be larger than ${maxBodyBytes} bytes`);
  const gaveWay = refuse(503, 'The server reads too much at once, and has done nothing: send it again', retryAfter);
  const {
    maxConnections = defaultLimits.maxConnections,
    maxBytesInFlight = defaultLimits.maxBytesInFlight,
    writeTimeoutMs = defaultLimits.writeTimeoutMs,
  } = options.limits ?? {};
  const openConnections = createSharedLimit(maxConnections);
  const bytesInFlight = createSharedLimit(maxBytesInFlight);
  const connections = new WeakMap<Duplex, Connection>();

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

  async function judge(exchange: Exchange, { operation, query, path }: Routed): Promise<Judged> {
    const { request, letSend } = exchange;
    const authenticated = await provider.authenticate({ operation, request });
    const needsBody = typeof authenticated === 'function';
    if (!needsBody && 'refusal' in authenticated) return unauthorized(authenticated);
    if (!needsBody) exchange.caller = authenticated.caller;
    if (announcesMore(request, maxBodyBytes)) return tooLarge;
    letSend();
    const body = hasBody(request) ? await read(exchange) : noBody;
    if (body === 'interrupted') return undefined;
    if (body === 'too large') return tooLarge;
    if (body === 'gave way') return gaveWay;
    exchange.receivedBytes = body.length;
    const known = needsBody ? await authenticated(body) : authenticated;
    if ('refusal' in known) return unauthorized(known);
    exchange.caller = known.caller;
    const headers = request.headersDistinct;
    const unreadableBody = mediaTypeViolation(operation, headers);
    if (unreadableBody) return refuse(415, unreadableBody);
    const { violations, values } = readRequest(operation, { path, query, headers, body });
    if (violations.length > 0) return refuse(400, violations.join('; '));
    return provider.answer({ operation, request, query, values, caller: known.caller });
  }

  async function read(exchange: Exchange): Promise<ReadBody> {
    const { connection, request } = exchange;
    exchange.bytes = bytesInFlight.claim(() => {});
    connection.claim.wait();
    const body = await readBody(request, maxBodyBytes, exchange.bytes);
    connection.claim.keep();
    return body;
  }

  function unauthorized({ refusal, reason = refusal }: Refused): Answer {
    return { ...refuse(401, refusal, challenge), reason };
  }

  async function serve(exchange: Exchange): Promise<void> {
    const { request, response, requestId, connection } = exchange;
    const begin = performance.now();
    response.setHeader('x-request-id', requestId);
    // A server that is closing serves who is connected, and then no more.
    if (!server.listening) response.shouldKeepAlive = false;
    // node:http makes it from the machine's clock.
    if (now !== Date.now) response.setHeader('date', new Date(now()).toUTCString());
    if (before(request, response)) return;
    connection.claim.keep();
    const routed = route(request);
    let failure: { error: unknown } | undefined;
    let answer: Judged;
    try {
      answer = 'operation' in routed ? await judge(exchange, routed) : routed;
    } catch (error) {
      failure = { error };
      answer = provider.failed(error);
    }
    // What cannot be read of the request may have been refused meanwhile.
    if (!answer || !request.socket.writable) {
      exchange.bytes?.free();
      return;
    }
    const { status, text, reason } = answer;
    const { remoteAddress: address } = request.socket;
    response.once('close', () => {
      exchange.bytes?.free();
      onAnswer({
        requestId,
        operation: 'operation' in routed ? routed.operation.id : undefined,
        method: request.method,
        status,
        durationMs: performance.now() - begin,
        caller: exchange.caller,
        address,
        receivedBytes: exchange.receivedBytes,
        sentBytes: Buffer.byteLength(text),
        ...(reason !== undefined && { reason }),
        ...failure,
      });
    });
    send(exchange, answer);
  }

  /**
   * Serves the requests of a connection one after the other, so that what a client asks for and does not read is one
   * answer. One that sends on and on is not read until it was answered.
   */
  function receive(request: IncomingMessage, response: ServerResponse, body: Expected): void {
    const { socket } = request;
    const connection = connections.get(socket);
    if (!connection) throw new Error('the connection of a request was never opened');
    const exchange = { request, response, connection, ...body, requestId: requestIdOf(request), receivedBytes: 0 };
    const { last } = connection;
    connection.last = response;
    if (!last || last.writableFinished) return void serve(exchange);
    connection.waitingRequests++;
    if (connection.waitingRequests >= mostWaitingRequests) socket.pause();
    last.once('close', () => {
      connection.waitingRequests--;
      if (connection.waitingRequests < mostWaitingRequests) socket.resume();
      if (!socket.destroyed) void serve(exchange);
    });
  }

  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: options.headersTimeoutMs,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      // node:http would refuse a request without Host with an empty body.
      requireHostHeader: false,
    },
    (request, response) => receive(request, response, unasked),
  );
  // Ends a connection on which nothing goes forward, such as an answer that is not read.
  server.timeout = writeTimeoutMs;
  server.on('connection', (socket) => {
    const claim = openConnections.claim(() => socket.destroy());
    const connection: Connection = { claim, last: undefined, waitingRequests: 0 };
    connections.set(socket, connection);
    // node:http reads on after each request.
    socket.on('resume', () => connection.waitingRequests >= mostWaitingRequests && socket.pause());
    socket.once('close', () => claim.free());
    claim.take(1);
  });
  server.on('checkContinue', (request, response) => {
    // A client that was not let send may send its body or not, so nothing can be read behind it.
    const { shouldKeepAlive } = response;
    response.shouldKeepAlive = false;
    let isSending = false;
    receive(request, response, {
      letSend() {
        isSending = true;
        response.shouldKeepAlive = shouldKeepAlive;
        response.writeContinue();
      },
      isSending: () => isSending,
    });
  });
  server.on('checkExpectation', (request, response) => receive(request, response, unasked));
  server.on('connect', ({ method }, socket) => {
    refuseOnSocket(method, socket, refuse(405, 'method CONNECT is not served', { allow: '' }));
  });
  server.on('clientError', (error, socket) => {
    const { status, msg } = unreadable(error);
    refuseOnSocket(undefined, socket, refuse(status, msg));
  });
  return {
    server,
    load: () => ({
      connections: openConnections.used,
      bytesInFlight: bytesInFlight.used,
      closedConnections: openConnections.gaveWay,
      givenUpRequests: bytesInFlight.gaveWay,
    }),
  };

  function refuseOnSocket(method: string | undefined, socket: Duplex, answer: Answer): void {
    // Its answer was sent already; what cannot be read is the rest of its body.
    if (answered.has(socket)) {
      socket.end(() => socket.destroy());
      return;
    }
    const requestId = randomUUID();
    const { status, headers, text, reason = '' } = answer;
    const hasTold = answerOnSocket(socket, { ...answer, headers: { ...headers, 'x-request-id': requestId } });
    if (!hasTold) return;
    onAnswer({
      requestId,
      operation: undefined,
      method,
      status,
      durationMs: 0,
      caller: undefined,
      address: (socket as Socket).remoteAddress,
      receivedBytes: 0,
      sentBytes: Buffer.byteLength(text),
      reason,
    });
  }

  /** Sends an answer, also to a client that reads it only after it has sent all. */
  function send(exchange: Exchange, { status, headers, text }: Answer): void {
    const { request, response, connection, isSending } = exchange;
    connection.claim.wait();
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
    if (request.complete || !hasBody(request) || !isSending()) {
      response.end(text);
      awaitReader(exchange);
      return;
    }
    const { socket } = request;
    answered.add(socket);
    discardBody(request, maxDiscardedBytes);
    // Ended only afterwards, because node:http may close the connection then.
    request.once('close', () => {
      answered.delete(socket);
      response.end();
    });
    response.flushHeaders();
    response.write(text);
  }

  /** Counts what the system has not taken of an answer: its client does not read fast enough, or not at all. */
  function awaitReader(exchange: Exchange): void {
    const { socket } = exchange.request;
    if (socket.writableLength === 0) return;
    exchange.bytes ??= bytesInFlight.claim(() => {});
    exchange.bytes.giveWay = () => socket.destroy();
    exchange.bytes.wait();
    exchange.bytes.take(socket.writableLength);
  }
}

// The schemes of the contract's credentials (RFC 9110, section 11.6.1).
const challenge = { 'www-authenticate': 'Bearer, HMAC-SHA256' };

const noBody = Buffer.alloc(0);

const retryAfter = { 'retry-after': '1' };

/** How many requests a connection may have sent ahead of their answers before it is no longer read. */
const mostWaitingRequests = 16;

interface Connection {
  claim: Claim;
  /** The answer to the last request that it has sent. */
  last: ServerResponse | undefined;
  /** Requests that were read, and wait until those before them are answered. */
  waitingRequests: number;
}

/** How the body of a request is to come. */
interface Expected {
  /** Lets a client send its body that has asked first (Expect: 100-continue). */
  letSend: () => void;
  /** Whether the client is sending its body, or has sent it. */
  isSending: () => boolean;
}

/** Of a client that sends its body without asking. */
const unasked: Expected = { letSend() {}, isSending: () => true };

/** A request, and what it is answered with. */
interface Exchange extends Expected {
  request: IncomingMessage;
  response: ServerResponse;
  connection: Connection;
  requestId: string;
  /** Whose credential it has, once that is known. */
  caller?: unknown;
  receivedBytes: number;
  /** The memory that it uses, if it uses any. */
  bytes?: Claim;
}

/** The id that the client gave its request (errata E24), if it can stand in a log and in a header. */
function requestIdOf({ headers }: IncomingMessage): string {
  const traceId = headers['x-traceid'];
  return typeof traceId === 'string' && /^[!-~]{1,128}$/.test(traceId) ? traceId : randomUUID();
}

interface Routed {
  operation: Operation;
  query: URLSearchParams;
  path: Record<string, string>;
}

/** `undefined` if there is nobody left to answer. */
type Judged = Answer | undefined;

// Enough to recognise a path by.
const shownCharacters = 200;
