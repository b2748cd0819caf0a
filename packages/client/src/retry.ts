import { parseHttpDate } from './clock.ts';
import { causesOf } from './errors/message-of.ts';
import { internalServerError, serviceUnavailable, tooManyRequests } from './http-status.ts';

/** When a request is sent again. */
export interface RetryOptions {
  /** How often a request is sent again at most; 2 by default, 0 for never. */
  limit?: number | undefined;
  /**
   * Whether a request is sent again even if the provider may have carried it out: after a broken connection, a timeout,
   * or a status of 500 or above. By default only GET and HEAD are sent again then, because creating a record is not
   * idempotent.
   */
  ambiguous?: boolean | undefined;
}

const defaultLimit = 2;

// Without Retry-After, the wait between attempts is a random part of a span. The span doubles with each retry.
const firstSpanMs = 500;
const longestSpanMs = 20_000;

// The limit of Retry-After, because a provider must not delay a call for hours.
const longestRetryAfterMs = 60_000;

/** How an attempt ended: with an answer, or with the error that came instead. */
type Ended = { response: Response } | { response?: undefined; error: unknown };

/**
 * Whether a request is sent again: either it has certainly created nothing, or it may have created something and the
 * options allow a retry all the same.
 *
 * @param retries How often the request was already sent again.
 */
export function isRetried(method: string, ended: Ended, options: RetryOptions, retries: number): boolean {
  const limit = options.limit ?? defaultLimit;
  const ambiguous = options.ambiguous ?? (method === 'GET' || method === 'HEAD');
  return retries < limit && (createdNothing(ended) || (ambiguous && isAmbiguous(ended)));
}

/** Whether an attempt created nothing, because the provider was not reached or has put the request off. */
function createdNothing(ended: Ended): boolean {
  // Look at the cause, because the error itself is one of this package.
  if (!ended.response) return wasNeverSent(Object(ended.error).cause);
  const { status, headers } = ended.response;
  // Without Retry-After, a 503 may also mean that the provider failed in the middle of its work.
  const isPutOff = status === serviceUnavailable && (headers.get('retry-after') ?? '').trim() !== '';
  return status === tooManyRequests || isPutOff;
}

/** Whether it is unknown what the provider did: there is no answer, or a status of 500 or above. */
const isAmbiguous = ({ response }: Ended): boolean => !response || response.status >= internalServerError;

// An error whose code or message contains one of these means that the request was never sent. Browsers and workerd do
// not say why a request failed.
const neverSentSigns = [
  // Node, Bun: nobody listens at the port.
  'ECONNREFUSED',
  // Node, Bun: the name does not exist.
  'ENOTFOUND',
  // Node, Bun: the name server cannot be reached now.
  'EAI_AGAIN',
  // Node: the name has no address of the family that was asked for.
  'EAI_ADDRFAMILY',
  // Node, if the application looks names up with `dns.resolve`: the name server refuses to answer.
  'EREFUSED',
  // Node, Bun: there is no route to the network.
  'ENETUNREACH',
  // Node, Bun: there is no route to the host.
  'EHOSTUNREACH',
  // Node's undici: no connection in time.
  'UND_ERR_CONNECT_TIMEOUT',
  // Node's undici over HTTP/2: the server has not processed the request (RFC 9113, section 8.7).
  'NGHTTP2_REFUSED_STREAM',
  // Bun before it had Node's codes: nobody listens at the port.
  'ConnectionRefused',
  // Bun before it had Node's codes: the name does not exist, or there is no route.
  'FailedToOpenSocket',
  // Deno, which has no codes, but names the step that failed: "client error (Connect): dns error: …".
  '(Connect)',
];

/** Whether an error, or one of its causes, says that the request was never sent. */
function wasNeverSent(error: unknown): boolean {
  return causesOf(error).some((cause) => {
    const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
    return neverSentSigns.some((sign) => `${code} ${message}`.includes(sign));
  });
}

/**
 * Returns how long to wait before a request is sent again, in milliseconds. With Retry-After it is the time that this
 * header names (RFC 9110, section 10.2.3), 60 seconds at most. Without it, it is a random part of a span that doubles
 * from half a second to 20 seconds (full jitter).
 *
 * @param retries How often the request was already sent again.
 * @param random A random number from 0 to 1.
 * @param retryAfter The header Retry-After of the answer; empty if the answer has none.
 * @param serverTime The server's time in milliseconds since the epoch, from the answer's own Date if it has one.
 */
export function retryDelay(retries: number, random: number, retryAfter: string, serverTime: number): number {
  const asked = retryAfter.trim();
  const isSeconds = /^\d+$/.test(asked);
  const askedMs = isSeconds ? Number(asked) * 1000 : parseHttpDate(asked) - serverTime;
  if (Number.isNaN(askedMs)) return random * Math.min(firstSpanMs * 2 ** retries, longestSpanMs);
  return Math.min(Math.max(askedMs, 0), longestRetryAfterMs);
}
