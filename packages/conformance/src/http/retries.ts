import type { Exchange } from './exchange.ts';
import type { Throttle } from './throttle.ts';
import type { Answer } from './wire.ts';

/** How often a request is sent again if the provider sends Retry-After, and the longest wait before it, in seconds. */
const maxRetries = 3;
const maxRetryAfter = 60;

/**
 * Sends a request, and sends it again while the provider refuses it with Retry-After.
 *
 * @param onRepeated Called with each exchange whose request is sent again.
 */
export async function sendPatiently(
  attempt: () => Promise<Exchange>,
  throttle: Throttle,
  onRepeated: (exchange: Exchange) => void,
): Promise<Exchange> {
  let exchange = await attempt();
  for (let retry = 0; retry < maxRetries; retry += 1) {
    const seconds = retryAfter(exchange.answer);
    if (seconds === undefined) break;
    onRepeated(exchange);
    // All requests wait, because Retry-After comes from the provider, not from one operation.
    throttle.delay(seconds);
    exchange = await attempt();
  }
  return exchange;
}

/** Returns the Retry-After of a 429 or 503 (RFC 9110, section 10.2.3), in seconds. */
function retryAfter(answer: Answer | undefined): number | undefined {
  if (!answer || ![429, 503].includes(answer.status)) return undefined;
  const text = answer.headers['retry-after']?.[0];
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), maxRetryAfter);
}
