import { type Judgement, judge, type RefusalForm } from '../judge/oracle.ts';
import type { Call } from '../requests/call.ts';
import type { Clock } from './clock.ts';
import type { Exchange, Identity, SendOptions } from './exchange.ts';
import { credentialOf, outgoing } from './outgoing.ts';
import { isStoppable } from './stoppable.ts';
import type { TokenSource } from './token-source.ts';
import { createWire, NoAnswer, type WireOptions } from './wire.ts';

/** What one attempt needs to know of the run. */
export interface TransportOptions extends WireOptions {
  /** The identity that sends every request that names no other. */
  identity: Identity;
  refusal: RefusalForm;
  /** Learns the provider's time from each answer. */
  clock: Clock;
}

/** Sends each request once, and judges the answer. */
export interface Transport {
  /** Resolves even if no answer came: the `failure` of the exchange says why. */
  attempt(call: Call, sending: SendOptions, number: number): Promise<Exchange>;
  /** Stops waiting for the answers to all requests that were sent. */
  abandon(): void;
  close(): void;
}

/** Creates the transport to one provider. */
export function createTransport(options: TransportOptions, { latest }: Pick<TokenSource, 'latest'>): Transport {
  const { baseUrl, identity: main, refusal, clock } = options;
  const { send, abandon, close } = createWire(options);

  async function attempt(call: Call, sending: SendOptions, number: number): Promise<Exchange> {
    const { as: identity = main, isDocumented = true } = sending;
    const request = outgoing(call, baseUrl, sending, latest(identity));
    const sentAt = Date.now();
    const start = performance.now();
    const exchange = { call, request, identity, number, credential: credentialOf(identity, sending), sentAt };
    try {
      const answer = await send(request);
      const durationMs = performance.now() - start;
      clock.learn(answer.headers.date?.[0], sentAt, Date.now());
      const judgement = judge(answer, call.operation, isDocumented, refusal, isStoppable(request));
      return { ...exchange, answer, failure: undefined, judgement, durationMs };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const durationMs = performance.now() - start;
      return { ...exchange, answer: undefined, failure: error, judgement: noAnswer(error, call), durationMs };
    }
  }

  return { attempt, abandon, close };
}

function noAnswer({ message }: NoAnswer, { operation }: Call): Judgement {
  return {
    verdict: 'neither',
    got: message,
    isTaken: false,
    isDenied: false,
    violations: [],
    isGateway: false,
    pointer: operation.pointer,
    schema: {},
    envelope: undefined,
    json: undefined,
  };
}
