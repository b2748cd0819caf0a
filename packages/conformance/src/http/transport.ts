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
  /** Who sends what names nobody else. */
  identity: Identity;
  refusal: RefusalForm;
  /** Learns the provider's time from each answer. */
  clock: Clock;
}

/** Sends requests once, and judges what comes back. */
export interface Transport {
  /** Resolves without an answer too: the exchange says why there is none. */
  attempt(call: Call, sending: SendOptions, number: number): Promise<Exchange>;
  /** Waits no longer for the requests that are under way. */
  abandon(): void;
  close(): void;
}

/** Opens connections to one provider. */
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
