import type { Call } from '../requests/call.ts';
import type { Exchange, ExchangeObserver, SendOptions } from './exchange.ts';
import { createInterruption } from './interruption.ts';
import { createLimits, LimitReached } from './limits.ts';
import { sendPatiently } from './retries.ts';
import { createSilence } from './silence.ts';
import { createSlots } from './slots.ts';
import { createThrottle } from './throttle.ts';
import { createTokenSource } from './token-source.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export type { Exchange, ExchangeObserver, Identity, SendOptions } from './exchange.ts';
export { LimitReached } from './limits.ts';

/** How the suite sends requests. */
export interface SessionOptions extends TransportOptions {
  maxRequests: number;
  /** How many requests may wait for their answers at the same time. */
  concurrency: number;
  /** The largest number of requests in a second. */
  rate: number;
  /** Ends the run. After that, only requests that clean up are sent, as fast as the provider allows. */
  signal: AbortSignal | undefined;
  /**
   * How long to wait, after an interruption, for the answers to requests that were sent before, in milliseconds.
   * Without the answer, the id of what a request created is unknown, and it cannot be removed. Default 1,000.
   */
  graceMs?: number;
  /** When everything must end after an interruption, in milliseconds. Default 5,000, because a CI waits only 10,000. */
  overMs?: number;
  /** Returns a new token for the identity when the current one has expired. */
  renewToken?: (() => Promise<string>) | undefined;
  /** Each observer receives every exchange, in this order. */
  observers: readonly ExchangeObserver[];
}

/** Sends calls, and judges the answers. */
export interface Session {
  /** How many requests were sent. */
  readonly requests: number;
  /** Why the run ended early, if it did. */
  readonly endedEarly: string | undefined;
  /** The last request to a provider that has stopped answering. */
  readonly lastUnanswered: Exchange | undefined;
  /** The calls that were sent before an interruption, and not answered. */
  readonly abandoned: readonly Call[];
  /** @throws LimitReached if no more requests may be sent. */
  send(call: Call, options?: SendOptions): Promise<Exchange>;
  /**
   * Waits for the answers to all requests that were sent, because those may have created something. Then lifts the
   * limit for the requests that clean up.
   */
  lift(): Promise<void>;
  close(): void;
}

/** Creates a session with one provider. */
export function createSession(options: SessionOptions): Session {
  const { maxRequests, concurrency, rate, signal, observers, graceMs = 1000, overMs = 5000 } = options;
  const tokenSource = createTokenSource(options.identity, options.clock, options.renewToken);
  const transport = createTransport(options, tokenSource);
  const interruption = createInterruption(signal, { graceMs, overMs, abandon: transport.abandon });
  const throttle = createThrottle(rate, interruption);
  const limits = createLimits(maxRequests, interruption);
  const silence = createSilence(async ({ call }, sending) => {
    const exchange = await attempt(call, sending);
    show(exchange, !exchange.failure?.isTimeout);
    return exchange;
  });
  const slots = createSlots(concurrency);
  const underWay = new Set<Promise<Exchange>>();
  const abandoned: Call[] = [];
  let endedEarly: string | undefined;

  /** @param isRepeated Whether the request was sent again, so that this exchange is not judged. */
  function show(exchange: Exchange, isRepeated = false): void {
    for (const { observe, seesRepeated } of observers) if (!isRepeated || seesRepeated) observe(exchange);
  }

  function assertFree(): void {
    silence.assertAnswering();
    limits.assertFree();
  }

  async function attempt(call: Call, sending: SendOptions): Promise<Exchange> {
    assertFree();
    const number = limits.count();
    await throttle.turn();
    limits.assertGoing();
    const exchange = await transport.attempt(call, sending, number);
    if (exchange.failure?.isAbandoned) {
      abandoned.push(call);
      limits.assertGoing();
    }
    silence.learn(exchange, sending);
    return exchange;
  }

  async function sendNow(call: Call, sending: SendOptions): Promise<Exchange> {
    await silence.settled();
    assertFree();
    silence.assertAnsweredBy(call.operation);
    const onRepeated = (repeated: Exchange): void => show(repeated, true);
    const send = (): Promise<Exchange> => sendPatiently(() => attempt(call, sending), throttle, onRepeated);
    const exchange = await tokenSource.sendRenewed(send, onRepeated);
    show(exchange);
    await silence.confirm();
    return exchange;
  }

  /** Records why the run ends early. */
  function noteEnding(error: unknown): never {
    if (error instanceof LimitReached) endedEarly = error.ending ?? endedEarly;
    throw error;
  }

  return {
    get requests() {
      return limits.requests;
    },
    get endedEarly() {
      return endedEarly;
    },
    get lastUnanswered() {
      return silence.lastUnanswered;
    },
    abandoned,
    send(call, sending = {}) {
      const exchange = (sending.isAtOnce ? sendNow(call, sending) : slots.use(() => sendNow(call, sending))).catch(
        noteEnding,
      );
      underWay.add(exchange);
      return exchange.finally(() => underWay.delete(exchange));
    },
    async lift() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      limits.lift();
      interruption.beginCleanUp();
    },
    close() {
      interruption.close();
      transport.close();
    },
  };
}
