import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Answer, Refuse } from './answer.ts';
import { type Connection, Exchange } from './exchange.ts';
import { answerOnSocket, unreadable } from './serving.ts';
import { createSharedLimit } from './shared-limit.ts';

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

/** The limits of a server that is told nothing else. */
export const defaultLimits: Limits = {
  maxConnections: 4096,
  maxBytesInFlight: 67_108_864,
  writeTimeoutMs: 30_000,
};

/** How near a server is to its limits. */
export interface FrontLoad {
  connections: number;
  bytesInFlight: number;
  /** Connections that were closed so far, because there were too many. */
  closedConnections: number;
  /** Requests that were given up so far, because too many bytes were in flight. */
  givenUpRequests: number;
  /** Connections that were closed so far, because their answer was not read for too long. */
  unreadAnswers: number;
}

/** How long a client may take to send a whole request, in milliseconds. */
const requestTimeoutMs = 30_000;

/** How many requests a connection may have sent ahead of their answers before it is no longer read. */
const mostWaitingRequests = 16;

/** What an HTTP server of the front does with requests. */
export interface HttpServerOptions {
  /** How long a client may take to send its headers, in milliseconds. */
  headersTimeoutMs: number;
  /** How long a connection without a request is kept, in milliseconds. */
  keepAliveTimeoutMs: number;
  limits?: Partial<Limits>;
  refuse: Refuse;
  /** Serves a request. The requests of a connection come one after the other. */
  serve: (exchange: Exchange) => void;
  /** Is told of a refusal that was sent without a request that can be read. */
  onUnreadable: (requestId: string, method: string | undefined, socket: Socket, answer: Answer) => void;
}

/** Creates an HTTP server that keeps its limits. It is not listening yet. */
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
   * Serves the requests of a connection one after the other, so that what a client asks for and does not read is one
   * answer. One that sends on and on is not read until it was answered.
   */
  function receive(request: IncomingMessage, response: ServerResponse, letSend?: () => void): void {
    const { socket } = request;
    const connection = connections.get(socket);
    if (!connection) throw new Error('the connection of a request was never opened');
    const exchange = new Exchange(request, response, connection, bytesInFlight, letSend);
    const { last } = connection;
    connection.last = response;
    if (!last || last.writableFinished) {
      serve(exchange);
      return;
    }
    connection.waitingRequests++;
    if (connection.waitingRequests >= mostWaitingRequests) socket.pause();
    last.once('close', () => {
      connection.waitingRequests--;
      if (connection.waitingRequests < mostWaitingRequests) socket.resume();
      if (!socket.destroyed) serve(exchange);
    });
  }

  function refuseOnSocket(method: string | undefined, socket: Duplex, answer: Answer): void {
    // Its answer was sent already; what cannot be read is the rest of its body.
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
      // node:http would refuse a request without Host with an empty body.
      requireHostHeader: false,
    },
    (request, response) => receive(request, response),
  );
  server.timeout = writeTimeoutMs;
  let unreadAnswers = 0;
  server.on('timeout', (socket) => {
    // Nothing goes forward there. A connection without a request is closed as well, when keepAliveTimeoutMs have passed.
    const { last } = connections.get(socket) ?? {};
    if (last && !last.writableFinished) unreadAnswers++;
    socket.destroy();
  });
  server.on('connection', (socket) => {
    const claim = openConnections.claim(() => socket.destroy());
    const connection: Connection = { claim, last: undefined, waitingRequests: 0, isDiscarding: false };
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
