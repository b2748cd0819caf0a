import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Answer, Refuse } from './answer.ts';
import { type Connection, Exchange } from './exchange.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { answerOnSocket, unreadable } from './serving.ts';
import { createSharedLimit } from './shared-limit.ts';

/** How close a server is to its limits. */
export interface FrontLoad {
  connections: number;
  bytesInFlight: number;
  /** How many connections were closed so far, because too many were open. */
  closedConnections: number;
  /** How many requests were given up so far, because too many bytes were in memory. */
  givenUpRequests: number;
  /** How many connections were closed so far, because their client did not read the answer for too long. */
  unreadAnswers: number;
}

/** How long a client may take to send a whole request, in milliseconds. */
const requestTimeoutMs = 30_000;

/** How many requests of a connection may wait for their answers. With this many, the server reads no more from it. */
const mostWaitingRequests = 16;

/** The options of an HTTP server of the front. */
export interface HttpServerOptions {
  /** How long a client may take to send its headers, in milliseconds. */
  headersTimeoutMs: number;
  /** How long a connection without a request stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
  limits?: Partial<Limits>;
  refuse: Refuse;
  /** Serves a request. The next request of the same connection is served only after this one was answered. */
  serve: (exchange: Exchange) => void;
  /** Called for a refusal that was sent because the request could not be read. */
  onUnreadable: (requestId: string, method: string | undefined, socket: Socket, answer: Answer) => void;
}

/** Creates an HTTP server that enforces its limits. It is not listening yet. */
export function createHttpServer(options: HttpServerOptions): { server: Server; load: () => FrontLoad } {
  const { refuse, serve, onUnreadable, headersTimeoutMs, keepAliveTimeoutMs, limits = {} } = options;
  const {
    maxConnections = defaultLimits.maxConnections,
    maxBytesInFlight = defaultLimits.maxBytesInFlight,
    writeTimeoutMs = defaultLimits.writeTimeoutMs,
  } = limits;
  const openConnections = createSharedLimit(maxConnections);
  const bytesInFlight = createSharedLimit(maxBytesInFlight);
  const connections = new WeakMap<Duplex, Connection>();

  /**
   * Serves the requests of a connection one after the other, so that at most one answer waits for a client that does
   * not read. If a client sends many requests ahead, the server stops reading from it until some are answered.
   */
  function receive(request: IncomingMessage, response: ServerResponse, letSend?: () => void): void {
    const { socket } = request;
    const connection = connections.get(socket);
    if (!connection) throw new Error('the connection of a request was never opened');
    const exchange = new Exchange(request, response, connection, bytesInFlight, letSend);
    const { last } = connection;
    connection.last = response;
    if (!last || last.writableFinished) {
      begin(exchange, connection);
      return;
    }
    connection.waitingRequests++;
    if (connection.waitingRequests >= mostWaitingRequests) socket.pause();
    last.once('close', () => {
      connection.waitingRequests--;
      if (connection.waitingRequests < mostWaitingRequests) socket.resume();
      if (!socket.destroyed) begin(exchange, connection);
    });
  }

  function begin(exchange: Exchange, connection: Connection): void {
    connection.answering = exchange.response;
    serve(exchange);
  }

  function refuseOnSocket(method: string | undefined, socket: Duplex, answer: Answer): void {
    // The request was already answered, and the unreadable part is the rest of its body.
    if (connections.get(socket)?.isDiscarding) {
      socket.end(() => socket.destroy());
      return;
    }
    const requestId = randomUUID();
    const headers = { ...answer.headers, 'x-request-id': requestId };
    const hasTold = answerOnSocket(socket, { ...answer, headers });
    if (hasTold) onUnreadable(requestId, method, socket as Socket, answer);
  }

  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      // Otherwise node:http would refuse a request without Host itself, and with an empty body.
      requireHostHeader: false,
    },
    (request, response) => receive(request, response),
  );
  server.timeout = writeTimeoutMs;
  let unreadAnswers = 0;
  server.on('timeout', (socket) => {
    // Nothing was sent or received for writeTimeoutMs, or for keepAliveTimeoutMs after an answer.
    const { answering } = connections.get(socket) ?? {};
    // The request has not arrived, so node:http will answer 408, or the provider is working on it.
    if (!answering?.headersSent) return;
    if (!answering.writableFinished) unreadAnswers++;
    socket.destroy();
  });
  server.on('connection', (socket) => {
    const claim = openConnections.claim(() => socket.destroy());
    const connection: Connection = {
      claim,
      last: undefined,
      answering: undefined,
      waitingRequests: 0,
      isDiscarding: false,
    };
    connections.set(socket, connection);
    // node:http resumes reading after each request, so pause again if too many requests wait.
    socket.on('resume', () => connection.waitingRequests >= mostWaitingRequests && socket.pause());
    socket.once('close', () => claim.free());
    claim.take(1);
  });
  server.on('checkContinue', (request, response) => {
    // A client that gets no 100 Continue may or may not send its body. So the start of its next request is unknown, and
    // the connection has to close after the answer.
    const { shouldKeepAlive } = response;
    response.shouldKeepAlive = false;
    receive(request, response, () => {
      response.shouldKeepAlive = shouldKeepAlive;
      response.writeContinue();
    });
  });
  server.on('checkExpectation', (request, response) => receive(request, response));
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
      unreadAnswers,
    }),
  };
}
