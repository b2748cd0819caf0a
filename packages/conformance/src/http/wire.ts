import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Pairs } from './app-signature.ts';

/** A request as it is sent. */
export interface WireRequest {
  method: string;
  /** Path and query, percent-encoded. */
  target: string;
  headers: Pairs;
  body: Buffer | undefined;
}

/** An answer as it was received. */
export interface Answer {
  status: number;
  /** The reason phrase of the status line. */
  statusText: string;
  /** As `1.1`. */
  httpVersion: string;
  /** All values of each header, by its name in lower case. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
  body: Buffer;
  /** How long its first byte took, in milliseconds since the request was sent. */
  waitedMs: number;
}

/** No answer came. The message says why, for a person to read. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
  /** Whether no connection could be opened, or the certificate was not trusted. */
  readonly isUnreachable: boolean;
  /** Whether the cause is the network, the name or the certificate, and not a provider that is not running. */
  readonly isEnvironment: boolean;
  /**
   * Whether the provider closed the connection while a large body was being sent. It may do so (RFC 9110, section
   * 15.5.14), and an answer that it sent before is then lost.
   */
  readonly isTooLarge: boolean;
  /** Whether the deadline has passed. */
  readonly isTimeout: boolean;
  /** Whether the run stopped waiting for the answer. */
  readonly isAbandoned: boolean;

  constructor(
    message: string,
    {
      isUnreachable = false,
      isEnvironment = false,
      isTooLarge = false,
      isTimeout = false,
      isAbandoned = false,
    }: {
      isUnreachable?: boolean;
      isEnvironment?: boolean;
      isTooLarge?: boolean;
      isTimeout?: boolean;
      isAbandoned?: boolean;
    } = {},
  ) {
    super(message);
    this.isUnreachable = isUnreachable;
    this.isEnvironment = isEnvironment;
    this.isTooLarge = isTooLarge;
    this.isTimeout = isTimeout;
    this.isAbandoned = isAbandoned;
  }
}

/** Sends requests to one host, over connections that are kept open. */
export interface Wire {
  /** @throws NoAnswer if no complete answer came in time. */
  send(request: WireRequest): Promise<Answer>;
  /** Stops waiting for the answers to all requests that were sent. */
  abandon(): void;
  close(): void;
}

/** The largest answer that is read, in bytes. Answers by the contract are far smaller. */
const maxAnswerBytes = 8 * 1_048_576;

/** A provider may close the connection during a body that is larger than this, in bytes. */
const largeBytes = 1_048_576;

/** How long an idle connection is kept, in milliseconds. */
const maxIdleMs = 1_000;

const isIdempotent = (method: string): boolean => !['POST', 'PATCH'].includes(method);

/** Error codes whose cause is the environment: the name, the network, or a certificate that TLS does not accept. */
const ofEnvironment = /^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPROTO|UNABLE_TO_.*|.*CERT.*)$/;

/** Returns all headers of a request in the order in which they are sent. */
export function sentHeaders({ method, headers, body }: WireRequest, baseUrl: URL): Pairs {
  const hasLength = body !== undefined || !['GET', 'HEAD'].includes(method);
  const length: Pairs = hasLength ? [['Content-Length', String(body?.length ?? 0)]] : [];
  return [['Host', baseUrl.host], ...headers, ...length];
}

/** How requests reach a host. */
export interface WireOptions {
  baseUrl: URL;
  /** How long an answer may take, to its last byte, in milliseconds. */
  deadlineMs: number;
  /** Headers that are added to every request, and appear in no report. */
  headers?: Readonly<Record<string, string>>;
  /** Certificates in PEM, trusted in addition to those that Node.js trusts. */
  ca?: string | undefined;
}

/** Creates a wire to one host. It opens connections when they are needed. */
export function createWire({ baseUrl, deadlineMs, headers: added = {}, ca }: WireOptions): Wire {
  const isHttps = baseUrl.protocol === 'https:';
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const agent = new (isHttps ? HttpsAgent : HttpAgent)({
    keepAlive: true,
    scheduling: 'lifo',
    // A provider may close a connection that was idle for longer, which would look as if it did not answer.
    timeout: maxIdleMs,
    ...trust,
  });
  const start = isHttps ? httpsRequest : httpRequest;
  const prefix = baseUrl.pathname.replace(/\/$/, '');
  const underWay = new Set<(error: NoAnswer) => void>();

  /**
   * The provider may close an idle connection just when a request is sent over it, which is nobody's fault: send the
   * request again. Never repeat a request that is not idempotent, because the provider may have carried it out (RFC
   * 9110, section 9.2.2).
   */
  async function send(wireRequest: WireRequest): Promise<Answer> {
    try {
      return await attempt(wireRequest, agent);
    } catch (error) {
      if (error !== idleClosed) throw error;
      return await attempt(wireRequest, undefined);
    }
  }

  function attempt(wireRequest: WireRequest, agent: HttpAgent | undefined): Promise<Answer> {
    const { method, target, body } = wireRequest;
    const sentAt = performance.now();
    return new Promise((resolve, reject) => {
      const fail = (error: NoAnswer): void => {
        reject(error);
        request.destroy();
      };
      underWay.add(fail);
      const request = start(
        {
          agent: agent ?? false,
          hostname: baseUrl.hostname.replace(/^\[|\]$/g, ''),
          port: baseUrl.port,
          method,
          path: prefix + target,
          // A flat list, because no other form keeps a header that is sent twice.
          headers: [...sentHeaders(wireRequest, baseUrl), ...Object.entries(added)].flat(),
          ...(!agent && trust),
        },
        (response) => {
          const waitedMs = performance.now() - sentAt;
          read(response, fail)
            .then(decode)
            .then((answer) => resolve({ ...answer, waitedMs }), fail);
        },
      );
      const timer = setTimeout(() => {
        // If this process was blocked, the answer may have arrived already: read it before calling it late.
        setImmediate(() => {
          if (underWay.has(fail)) fail(new NoAnswer(`no whole answer within ${deadlineMs} ms`, { isTimeout: true }));
        });
      }, deadlineMs);
      request.on('error', ({ code = '', message }: NodeJS.ErrnoException) => {
        if (agent && isIdempotent(method) && request.reusedSocket && code === 'ECONNRESET') reject(idleClosed);
        const isTooLarge = body !== undefined && body.length > largeBytes && ['EPIPE', 'ECONNRESET'].includes(code);
        const isEnvironment = ofEnvironment.test(code);
        const isUnreachable = isEnvironment || code === 'ECONNREFUSED';
        fail(new NoAnswer(`no answer: ${message}`, { isUnreachable, isEnvironment, isTooLarge }));
      });
      request.on('close', () => {
        clearTimeout(timer);
        underWay.delete(fail);
      });
      request.end(body);
    });
  }

  return {
    send,
    abandon() {
      for (const fail of underWay) fail(new NoAnswer('the run was interrupted', { isAbandoned: true }));
    },
    close: () => agent.destroy(),
  };
}

const decoders: Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

/** Decodes a body. A request without Accept-Encoding leaves the coding to the provider (RFC 9110, section 12.5.3). */
async function decode(answer: Omit<Answer, 'waitedMs'>): Promise<Omit<Answer, 'waitedMs'>> {
  const coding = answer.headers['content-encoding']?.join().toLowerCase() ?? 'identity';
  const decoder = decoders[coding];
  if (!decoder || answer.body.length === 0) return answer;
  try {
    return { ...answer, body: await decoder(answer.body, { maxOutputLength: maxAnswerBytes }) };
  } catch (error) {
    throw new NoAnswer(`the body is not ${coding}, as its Content-Encoding says: ${(error as Error).message}`);
  }
}

const idleClosed = new Error('the connection was closed for being idle');

function read(response: IncomingMessage, fail: (error: NoAnswer) => void): Promise<Omit<Answer, 'waitedMs'>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) return fail(new NoAnswer(`the answer is larger than ${maxAnswerBytes} bytes`));
      chunks.push(chunk);
    });
    response.on('error', (error) => fail(new NoAnswer(`the answer was cut off: ${error.message}`)));
    response.on('end', () => {
      const {
        statusCode: status = 0,
        statusMessage: statusText = '',
        httpVersion,
        headersDistinct: headers,
      } = response;
      resolve({ status, statusText, httpVersion, headers, body: Buffer.concat(chunks) });
    });
  });
}
