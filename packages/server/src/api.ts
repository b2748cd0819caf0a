import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { mediaType, type Operation, operationsAt, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answerOnSocket, unreadable } from '@koodrive-backup/spec/serving';
import { mediaTypeViolation, readRequest, type Values } from '@koodrive-backup/spec/validate-request';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createAuthenticate } from './auth/authentication.ts';
import { handlers, type Services } from './handlers.ts';
import { busy, type Refusal, refusal } from './refusal.ts';
import { responseSchemas } from './response-schemas.ts';
import { StoreUnavailable } from './store/store.ts';

/** The largest body that is read, in bytes: 1 MB. */
const maxBodyBytes = 1_048_576;

/** How long a client may take to send its headers, and its whole request, in milliseconds. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;

/** What each body is to Fastify. */
const bytesType = 'application/octet-stream';

/** Is told of each answer: what was asked for, and how it went. */
export type OnAnswer = (answer: {
  /** The operationId, or `undefined` where the request is for none. */
  operation: string | undefined;
  /** `undefined` where it could not be read. */
  method: string | undefined;
  status: number;
  durationMs: number;
  /** What went wrong, where it is the server's fault. Never a credential. */
  error?: unknown;
}) => void;

/** A handler as it is called: all operations look alike to the router. */
type AnyHandler = (call: Values & { userId: string }, services: Services) => Promise<object | { refused: Refusal }>;

/** Makes the server of the contract's operations, and of nothing else. It is not listening yet. */
export function createApi(services: Services, onAnswer: OnAnswer): FastifyInstance {
  const { operations } = readContract(contract);
  const authenticate = createAuthenticate(services.store, services.keys, services.now);
  const app = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    // node:http would refuse a request without Host with an empty body.
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 1000, requireHostHeader: false },
    forceCloseConnections: 'idle',
    // Who comes by a connection that is still open is served: Fastify's own 503 is not in the envelope.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // As long as a target may be.
    routerOptions: { maxParamLength: 16_384 },
    rewriteUrl: ({ url = '' }) => originForm(url),
    clientErrorHandler: (error, socket) => {
      const { status, msg } = unreadable(error);
      refuseUnrouted(undefined, socket, refusal(status, msg));
    },
    frameworkErrors: (_error, request, reply) => {
      const bad = refusal(400, 'path must be percent-encoded in UTF-8');
      refuse(reply as unknown as FastifyReply, bad);
      onAnswer({ operation: undefined, method: request.method, status: bad.status, durationMs: 0 });
    },
  });
  app.server.on('connect', ({ method }, socket) => {
    refuseUnrouted(method, socket, refusal(405, 'method CONNECT is not served', { allow: '' }));
  });
  // Both are refused by whoever is first to see the request, in the envelope.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  // A client learns the server's clock from this header, which node:http makes from the machine's.
  if (services.now !== Date.now) {
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('date', new Date(services.now()).toUTCString());
      done();
    });
  }
  app.addHook('onRequest', (request, reply, done) => {
    const refused = headViolation(request.raw);
    if (refused) return refuse(reply, refused);
    // Whatever it says it is: the credential counts before the media type does, and is a signature of the bytes. Not by
    // Fastify's own setter, which has all headers copied whenever one is read. headersDistinct keeps what was sent.
    if (request.raw.headers['content-type'] !== undefined) request.raw.headers['content-type'] = bytesType;
    return done();
  });
  app.decorateRequest('failure', undefined);

  app.removeAllContentTypeParsers();
  // By its name too, since only then does Fastify remember the parser. '*' is for requests that do not say what they are.
  app.addContentTypeParser([bytesType, '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // A signature covers the body of any method.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  // Fastify would ask for its media type first, and the contract does not have it.
  app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });

  function refuseUnrouted(method: string | undefined, socket: Duplex, { status, envelope, headers }: Refusal): void {
    const told = answerOnSocket(socket, { status, headers: { ...headers, 'content-type': mediaType }, body: envelope });
    if (told) onAnswer({ operation: undefined, method, status, durationMs: 0 });
  }

  for (const operation of operations) {
    const handler = handlers[operation.id as keyof typeof handlers] as unknown as AnyHandler;
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { operation: operation.id },
      schema: { response: responseSchemas(operation) },
      handler: (request, reply) => answer(operation, handler, request, reply),
    });
  }

  async function answer(
    operation: Operation,
    handler: AnyHandler,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const authentication = await authenticate(request.raw, body);
    if ('refusal' in authentication) return refuse(reply, refusal(401, authentication.refusal));
    const headers = request.raw.headersDistinct;
    const unreadable = mediaTypeViolation(operation, headers);
    if (unreadable) return refuse(reply, refusal(415, unreadable));
    const path = request.params as Record<string, string>;
    const { violations, values } = readRequest(operation, { path, query: queryOf(request.raw), headers, body });
    if (violations.length > 0) return refuse(reply, refusal(400, violations.join('; ')));
    const result = await handler({ ...values, userId: authentication.userId }, services);
    if ('refused' in result) return refuse(reply, result.refused as Refusal);
    return reply.send({ code: 0, msg: 'success', ...result });
  }

  app.setNotFoundHandler((request, reply) => {
    const here = operationsAt(operations, segmentsOf(request.raw));
    if (here.length === 0) return refuse(reply, refusal(404, 'path is not in the contract'));
    const allow = here.map(({ method }) => method).join(', ');
    return refuse(reply, refusal(405, `method ${request.method} is not in the contract for this path`, { allow }));
  });

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof StoreUnavailable) {
      request.failure = error;
      return refuse(reply, busy);
    }
    const { statusCode: status = 500 } = error;
    if (status === 413) return refuse(reply, refusal(413, `body must not be larger than ${maxBodyBytes} bytes`));
    if (status < 500) return refuse(reply, refusal(status, error.message));
    request.failure = error;
    return refuse(reply, refusal(500, 'The server failed. Its log says why.'));
  });

  app.addHook('onResponse', (request, reply, done) => {
    const { operation } = request.routeOptions.config;
    const { method, failure } = request;
    const { statusCode: status, elapsedTime: durationMs } = reply;
    onAnswer({ operation, method, status, durationMs, ...(failure !== undefined && { error: failure }) });
    done();
  });

  return app;
}

function refuse(reply: FastifyReply, { status, envelope, headers = {} }: Refusal): FastifyReply {
  return reply.code(status).headers(headers).type(mediaType).send(envelope);
}

/** Why the head of a request is refused, whatever it is for (RFC 9112, section 3.2; RFC 9110, section 10.1.1). */
function headViolation({ headers, headersDistinct, httpVersion }: IncomingMessage): Refusal | undefined {
  const hosts = headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return refusal(400, 'header.Host must be sent once');
  if ((headers.expect ?? '100-continue').toLowerCase() === '100-continue') return undefined;
  return refusal(417, 'header.Expect must be 100-continue');
}

/** A target as path and query: a proxy may send it as a whole URL (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/is.exec(target) ?? [];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const noQuery = new URLSearchParams();

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const at = url.indexOf('?');
  return at < 0 ? noQuery : new URLSearchParams(url.slice(at));
}

function segmentsOf({ url = '' }: IncomingMessage): string[] {
  const [path = ''] = url.split('?');
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return [];
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId. */
    operation?: string;
  }
  interface FastifyRequest {
    /** What went wrong, where it is the server's fault. */
    failure: unknown;
  }
}
