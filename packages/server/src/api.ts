import type { IncomingMessage } from 'node:http';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { mediaType, type Operation, operationsAt, readOperations } from '@koodrive-backup/spec/operations';
import { mediaTypeViolation, readRequest, type Values } from '@koodrive-backup/spec/requests';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createAuthenticate } from './authentication.ts';
import { handlers, type Services } from './handlers.ts';
import { busy, type Refusal, refusal } from './refusal.ts';
import { responseSchemas } from './response-schemas.ts';
import { StoreUnavailable } from './store.ts';
import { answerUnreadable } from './unreadable.ts';

/** The largest body that is read, in bytes: 1 MB. */
const maxBodyBytes = 1_048_576;

/** How long a client may take to send its headers, and its whole request, in milliseconds. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;

/** Is told of each answer: what was asked for, and how it went. */
export type OnAnswer = (answer: {
  /** The operationId, or `undefined` where the request is for none. */
  operation: string | undefined;
  method: string;
  status: number;
  durationMs: number;
  /** What went wrong, where it is the server's fault. Never a credential. */
  error?: unknown;
}) => void;

/** A handler as it is called: all operations look alike to the router. */
type AnyHandler = (call: Values & { userId: string }, services: Services) => Promise<object | { refused: Refusal }>;

/** Makes the server of the contract's operations, and of nothing else. It is not listening yet. */
export function createApi(services: Services, onAnswer: OnAnswer): FastifyInstance {
  const operations = readOperations(contract);
  const authenticate = createAuthenticate(services.store, services.keys, services.now);
  const app = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 1000 },
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    // As long as a target may be.
    routerOptions: { maxParamLength: 16_384 },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, _request, reply) => {
      refuse(reply as unknown as FastifyReply, refusal(400, `path must be percent-encoded in UTF-8: ${error.code}`));
    },
  });
  app.decorateRequest('failure', undefined);

  // Whatever it says it is: the credential counts before the media type does, and is a signature of the bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  for (const operation of operations) {
    const handler = handlers[operation.id as keyof typeof handlers] as unknown as AnyHandler;
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { operation: operation.id },
      schema: { response: responseSchemas(contract, operation) },
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

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at));
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
