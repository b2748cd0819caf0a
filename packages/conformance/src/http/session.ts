import { type Judgement, judge, type RefusalForm } from '../judge/oracle.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { type App, appAuthorization, type Pairs, type Signed, signedNames } from './app-signature.ts';
import type { Clock } from './clock.ts';
import { createInterruption } from './interruption.ts';
import { createThrottle } from './throttle.ts';
import { type Answer, createWire, NoAnswer, type WireRequest } from './wire.ts';

/** A user of the provider, with one credential or both. */
export interface Identity {
  userId: string;
  /** An access token. */
  token?: string;
  /** An application's credential. */
  app?: App;
}

/** A request that was sent, and what came of it. */
export interface Exchange {
  call: Call;
  request: WireRequest;
  identity: Identity;
  /** Which of the run's requests it was, from 1 on. */
  number: number;
  /** Which credential of the identity's it carried as it is; `undefined` where another was put in its place. */
  credential: 'token' | 'app' | undefined;
  /** `undefined` where none came; then `failure` says why. */
  answer: Answer | undefined;
  failure: NoAnswer | undefined;
  judgement: Judgement;
  /** When it was sent, in milliseconds since the Unix epoch, and how long the answer took. */
  sentAt: number;
  durationMs: number;
}

/** What differs from a request of the main identity's. */
export interface SendOptions {
  as?: Identity;
  /** The values of Authorization. Default: the identity's credential. None: an empty list. */
  authorizations?: readonly string[];
  /** Authorization for a request that is otherwise complete: what must be refused is signed with this. */
  authorize?: (signed: Signed) => string;
  /** Whether the call is to something that the contract has. Default true. */
  isDocumented?: boolean;
}

/** How the suite sends. */
export interface SessionOptions {
  baseUrl: URL;
  identity: Identity;
  refusal: RefusalForm;
  deadlineMs: number;
  maxRequests: number;
  /** Requests in a second, at most. */
  rate: number;
  clock: Clock;
  /** Ends the run: nothing more is sent, but to clean up, and that as fast as the provider takes it. */
  signal: AbortSignal | undefined;
  /**
   * For how long the answers are still waited for that an interruption meets under way, in milliseconds: what nobody
   * knows the id of cannot be removed. Default 1,000.
   */
  graceMs?: number;
  /** How long after an interruption all has to be over, in milliseconds. Default 5,000: a CI waits for no more than 10. */
  overMs?: number;
  onExchange: (exchange: Exchange) => void;
  /** Is told of those exchanges too that are sent again, because the provider asked for patience. */
  onAttempt?: (exchange: Exchange) => void;
}

/** Sends calls, and judges what comes back. */
export interface Session {
  /** How many requests were sent. */
  readonly requests: number;
  /** Why the run ended early, where more would have been sent. */
  readonly endedEarly: string | undefined;
  /** The last request to a provider that has stopped answering. */
  readonly lastUnanswered: Exchange | undefined;
  /** The calls that an interruption met under way, and that were not answered any more. */
  readonly abandoned: readonly Call[];
  /** @throws LimitReached where no more may be sent. */
  send(call: Call, options?: SendOptions): Promise<Exchange>;
  /** Waits for what is under way, which may leave something behind, and lifts the limit for the requests that clean up. */
  lift(): Promise<void>;
  close(): void;
}

/** No more requests may be sent. */
export class LimitReached extends Error {
  override name = 'LimitReached';
}

/** How often an operation may leave a request without an answer: each costs the whole deadline. */
const maxTimeouts = 3;

/** After how many requests in a row without an answer a provider is taken to have stopped answering. */
const maxSilent = 3;

/** How often a request is sent again where the provider asks for patience, and how long that may take in seconds. */
const maxRetries = 3;
const maxRetryAfter = 60;

/** A session with one provider. */
export function createSession(options: SessionOptions): Session {
  const { baseUrl, clock, deadlineMs, maxRequests, onAttempt, onExchange, rate, refusal, signal } = options;
  const { graceMs = 1000, overMs = 5000 } = options;
  const wire = createWire(baseUrl, deadlineMs);
  const interruption = createInterruption(signal, { graceMs, overMs, abandon: wire.abandon });
  const throttle = createThrottle(rate, interruption);
  let requests = 0;
  let isLimited = true;
  let endedEarly: string | undefined;
  const timeouts = new Map<string, number>();
  const underWay = new Set<Promise<Exchange>>();
  const abandoned: Call[] = [];
  let silent = 0;
  let answered: { call: Call; sending: SendOptions } | undefined;
  let asking: Promise<void> | undefined;
  let lastUnanswered: Exchange | undefined;

  /** Waits until a request may be sent, and returns its number. */
  async function turn(): Promise<number> {
    assertFree();
    requests += 1;
    const number = requests;
    await throttle.turn();
    assertGoing();
    return number;
  }

  function assertGoing(): void {
    if (!interruption.isOver) return;
    endedEarly = 'the run was interrupted';
    throw new LimitReached(endedEarly);
  }

  function assertFree(): void {
    if (lastUnanswered) {
      endedEarly = 'the run ended early, since the provider has stopped answering';
      throw new LimitReached(
        `the provider has stopped answering: ${maxSilent} requests in a row had no answer in time`,
      );
    }
    assertGoing();
    if (!isLimited || requests < maxRequests) return;
    endedEarly = 'the run ended at its limit of requests';
    throw new LimitReached(`the limit of ${maxRequests} requests was reached`);
  }

  async function attempt(call: Call, request: WireRequest, sending: SendOptions): Promise<Exchange> {
    const number = await turn();
    const { as: identity = options.identity, isDocumented = true } = sending;
    const sentAt = Date.now();
    const start = performance.now();
    const exchange = { call, request, identity, number, credential: credentialOf(identity, sending), sentAt };
    try {
      const answer = await wire.send(request);
      const durationMs = performance.now() - start;
      silent = 0;
      answered ??= { call, sending };
      clock.learn(answer.headers.date?.[0], sentAt, Date.now());
      const judgement = judge(answer, call.operation, isDocumented, refusal);
      return { ...exchange, answer, failure: undefined, judgement, durationMs };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.isAbandoned) {
        abandoned.push(call);
        assertGoing();
      }
      silent = error.isTimeout ? silent + 1 : 0;
      if (error.isTimeout) timeouts.set(call.operation.id, (timeouts.get(call.operation.id) ?? 0) + 1);
      const judgement = noAnswer(error, call);
      return { ...exchange, answer: undefined, failure: error, judgement, durationMs: performance.now() - start };
    }
  }

  /** Sends what was answered once, where the last requests were not: then it may be for what they were. */
  async function askAgain({ call, sending }: { call: Call; sending: SendOptions }): Promise<void> {
    const exchange = await attempt(call, requestOf(call, baseUrl, sending, options.identity), sending);
    onAttempt?.(exchange);
    if (!exchange.failure?.isTimeout) return;
    onExchange(exchange);
    lastUnanswered = exchange;
  }

  async function sendNow(call: Call, sending: SendOptions = {}): Promise<Exchange> {
    await asking;
    assertFree();
    const { id } = call.operation;
    if ((timeouts.get(id) ?? 0) >= maxTimeouts) throw new LimitReached(`${id} did not answer ${maxTimeouts} times`);
    const request = requestOf(call, baseUrl, sending, options.identity);
    let exchange = await attempt(call, request, sending);
    for (let retry = 0; retry < maxRetries; retry += 1) {
      const seconds = retryAfter(exchange.answer);
      if (seconds === undefined) break;
      onAttempt?.(exchange);
      // All requests wait: the provider has asked for patience, not this operation.
      throttle.delay(seconds);
      exchange = await attempt(call, request, sending);
    }
    onAttempt?.(exchange);
    onExchange(exchange);
    if (answered && silent >= maxSilent - 1) {
      asking ??= askAgain(answered).finally(() => {
        asking = undefined;
      });
      await asking;
    }
    return exchange;
  }

  return {
    get requests() {
      return requests;
    },
    get endedEarly() {
      return endedEarly;
    },
    get lastUnanswered() {
      return lastUnanswered;
    },
    abandoned,
    send(call, sending) {
      const exchange = sendNow(call, sending);
      underWay.add(exchange);
      return exchange.finally(() => underWay.delete(exchange));
    },
    async lift() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      isLimited = false;
      interruption.beginCleanUp();
    },
    close() {
      interruption.close();
      wire.close();
    },
  };
}

/** Retry-After of an answer that asks for patience (RFC 9110, section 10.2.3), in seconds. */
function retryAfter(answer: Answer | undefined): number | undefined {
  if (!answer || ![429, 503].includes(answer.status)) return undefined;
  const text = answer.headers['retry-after']?.[0];
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), maxRetryAfter);
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

function requestOf(call: Call, baseUrl: URL, sending: SendOptions, main: Identity): WireRequest {
  const { method, headers, query, body } = call;
  const path = pathOf(call);
  const prefix = baseUrl.pathname.replace(/\/$/, '');
  const signed = { method, path: prefix + path, query, headers: [['Host', baseUrl.host] as const, ...headers], body };
  const { as: identity = main, authorize = (what) => authorizationOf(identity, what) } = sending;
  const authorizations = sending.authorizations ?? [authorize(signed)];
  const credentials: Pairs = authorizations.map((value) => ['Authorization', value] as const);
  return { method, target: path + queryOf(call), headers: [...credentials, ...headers], body };
}

function credentialOf({ token }: Identity, { authorizations, authorize }: SendOptions): Exchange['credential'] {
  if (authorizations || authorize) return undefined;
  return token === undefined ? 'app' : 'token';
}

/** The header Authorization with which an identity sends a request: its token, if it has one, or else a signature. */
function authorizationOf({ token, app }: Identity, signed: Signed): string {
  if (token !== undefined) return tokenAuthorization(token);
  if (!app) throw new Error('an identity needs a token or an app');
  return appAuthorization(app, signed, signedNames(signed.headers));
}

/** A token that carries a scheme is sent as it is (errata, E4). */
export function tokenAuthorization(token: string): string {
  return /^(bearer|at)[ +]/i.test(token) ? token : `Bearer+${token}`;
}

/** Does something with each of many, some at a time. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  width = 8,
): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
