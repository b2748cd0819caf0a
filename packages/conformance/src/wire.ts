import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Pairs } from './app-signature.ts';

/** A request as it travels. */
export interface WireRequest {
  method: string;
  /** Path and query, percent-encoded. */
  target: string;
  headers: Pairs;
  body: Buffer | undefined;
}

/** An answer as it came. */
export interface Answer {
  status: number;
  /** All values by name in lower case. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
  body: Buffer;
}

/** No answer came: why, for a person to read. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
  /** Whether there was nobody to connect to. */
  readonly isUnreachable: boolean;

  constructor(message: string, isUnreachable: boolean) {
    super(message);
    this.isUnreachable = isUnreachable;
  }
}

/** Sends requests to one host, over connections that are kept open. */
export interface Wire {
  /** @throws NoAnswer where no whole answer came in time. */
  send(request: WireRequest): Promise<Answer>;
  close(): void;
}

/** The largest answer that is read, in bytes: none that the contract knows comes near. */
const maxAnswerBytes = 8 * 1_048_576;

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

/**
 * @param deadlineMs How long an answer may take, to its last byte.
 */
export function createWire(baseUrl: URL, deadlineMs: number): Wire {
  const isHttps = baseUrl.protocol === 'https:';
  const agent = new (isHttps ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 16, scheduling: 'lifo' });
  const send = isHttps ? httpsRequest : httpRequest;
  const prefix = baseUrl.pathname.replace(/\/$/, '');

  return {
    send({ method, target, headers, body }) {
      const length = body || !['GET', 'HEAD'].includes(method) ? [['Content-Length', String(body?.length ?? 0)]] : [];
      return new Promise((resolve, reject) => {
        const fail = (reason: string, code?: string): void => {
          reject(new NoAnswer(reason, unreachable.has(code ?? '')));
          request.destroy();
        };
        const request = send(
          {
            agent,
            hostname: baseUrl.hostname.replace(/^\[|\]$/g, ''),
            port: baseUrl.port,
            method,
            path: prefix + target,
            // A flat list, since only that keeps a header that is sent twice.
            headers: [['Host', baseUrl.host], ...headers, ...length].flat(),
          },
          (response) => read(response, fail).then(resolve),
        );
        const timer = setTimeout(() => fail(`no whole answer within ${deadlineMs} ms`), deadlineMs);
        request.on('error', (error: NodeJS.ErrnoException) => fail(`no answer: ${error.message}`, error.code));
        request.on('close', () => clearTimeout(timer));
        request.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

function read(response: IncomingMessage, fail: (reason: string) => void): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) return fail(`the answer is larger than ${maxAnswerBytes} bytes`);
      chunks.push(chunk);
    });
    response.on('error', (error) => fail(`the answer was cut off: ${error.message}`));
    response.on('end', () => {
      const { statusCode: status = 0, headersDistinct: headers } = response;
      resolve({ status, headers, body: Buffer.concat(chunks) });
    });
  });
}
