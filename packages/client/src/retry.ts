import { parseHttpDate } from './http-date.ts';

/**
 * How long to wait before a request is sent again, in milliseconds: what Retry-After says (RFC 9110, section 10.2.3),
 * but 60 seconds at most; else a random part of a span that doubles from half a second to 20 seconds (full jitter).
 *
 * @param retries How often the request was sent again already.
 * @param random A number from 0 to 1, by chance.
 * @param retryAfter The header Retry-After of the answer.
 * @param serverTime The server's time in milliseconds since the epoch: that of the answer's own Date, where it has one.
 */
export function retryDelay(retries: number, random: number, retryAfter = '', serverTime = 0): number {
  const asked = /^\d+$/.test(retryAfter) ? +retryAfter * 1000 : parseHttpDate(retryAfter) - serverTime;
  if (Number.isNaN(asked)) return random * Math.min(500 * 2 ** retries, 20_000);
  return Math.min(Math.max(asked, 0), 60_000);
}
