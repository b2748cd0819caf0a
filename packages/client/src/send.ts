import {
  type AuthContext,
  type BackupAuth,
  isUnauthorized,
  mayRefuseXDate,
  type UnauthorizedRequest,
} from './auth/auth.ts';
import { createServerClock, isXDateWrongHere } from './clock.ts';
import { sleep, timedOut, withDeadline } from './deadline.ts';
import { judge, type Verdict } from './envelope.ts';
import { BackupAuthError } from './errors/backup-auth-error.ts';
import { BackupError, type CallFacts } from './errors/backup-error.ts';
import { BackupNetworkError } from './errors/backup-network-error.ts';
import { BackupTimeoutError } from './errors/backup-timeout-error.ts';
import { headerText, headerValue } from './errors/check.ts';
import { printableCause, printableCode, redactorOf, requestIdOf } from './printable.ts';
import { isRetried, type RetryOptions, retryDelay } from './retry.ts';
import { introduction } from './user-agent.ts';

/** What the client hands to `fetch`. It is a part of the standard's RequestInit, so that any `fetch` can take it. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  redirect: 'manual';
  signal: AbortSignal;
}

/** What the client reads of a response: what any `fetch` returns, undici's too. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: {
    get(name: string): string | null;
    forEach(callback: (value: string, name: string) => void): void;
  };
  text(): Promise<string>;
}

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** What `onAttempt` is told of one attempt. Never a secret. */
export interface Attempt {
  /** An id of the call: its attempts have the same. */
  callId: string;
  /** The operation, by its operationId. */
  operation: string;
  /** The HTTP method. */
  method: string;
  /** The path as the contract has it, with the names of its parameters. */
  path: string;
  /** 1 for the first attempt of a call, 2 for the second, and so on. */
  attempt: number;
  /** The HTTP status; `undefined` if there was no whole answer. */
  status: number | undefined;
  /** The code of the answer: 0 for a success; `undefined` if it has none. */
  code: number | string | undefined;
  /** The provider's or the gateway's id of the request, if the answer names one. */
  requestId: string | undefined;
  /** What the attempt failed with, if there was no answer: an error of this package, or the reason of the caller's abort. */
  error: unknown;
  /** How long the attempt took, in milliseconds, with getting its credential. */
  durationMs: number;
  /** How long the client waits before the next attempt, in milliseconds; `undefined` if this one was the last. */
  delayMs: number | undefined;
}

/** What all calls of one client share. */
export interface SenderOptions {
  /** How the client proves who it is: `accessToken(…)` or `appSignature(…)`. */
  auth: BackupAuth;
  /** The user's id on KooDrive, sent as X-User-Id; a function is asked for each attempt. */
  userId: string | (() => string);
  /** Sends the requests, instead of the global `fetch`: for a proxy or an agent. */
  fetch?: Fetch | undefined;
  /** Is told of each attempt when it ends. What it throws, or what its promise is rejected with, is ignored. */
  onAttempt?: ((attempt: Attempt) => unknown) | undefined;
}

/** One call, and what it has come to so far. */
export interface Call {
  /** What errors say of it. The attempts are those that were begun. */
  facts: CallFacts & { attempts: number };
  /** Whether a success has to have data. */
  hasData: boolean;
  /** The caller's, if there is one. */
  signal: AbortSignal | undefined;
  /** How long an attempt may take, in milliseconds. */
  timeoutMs: number;
  /** How long the call may take, in milliseconds. */
  deadlineMs: number;
  /** When that time is over, on the clock of `performance`. */
  endsAt: number;
  retry: RetryOptions;
  /** How many attempts were retries, which the options limit. */
  retries: number;
  /** The values of Authorization that were sent. */
  authorizations: string[];
}

/** An answer, read to its end. */
export interface Answered {
  response: Response;
  text: string;
  verdict: Verdict;
}

/** What an attempt was sent with. */
interface Stamp {
  userId: string;
  /** What X-Date says, in milliseconds since the epoch. */
  xDate: number;
  authorization: string;
}

/** An answer, and what it was the answer to. */
interface Received extends Answered {
  stamp: Stamp;
}

/** An attempt that has no answer. */
interface Failed {
  response?: undefined;
  verdict?: undefined;
  error: unknown;
  /** Whether sending again is of no use: after an abort, or without a credential. */
  isFinal: boolean;
}

/** What was tried because the answer was a refusal: each once in a call. */
interface Remedies {
  isClockCorrected?: boolean;
  isLocalClockTried?: boolean;
  isCredentialRenewed?: boolean;
  /** Undoes the try with the local clock. */
  trustAgain?: (() => void) | undefined;
}

/**
 * Creates the function that sends a request until it has an answer that counts. Each attempt asks for the user, the time
 * and the credential again.
 *
 * The function resolves to the answer. It throws BackupAuthError, BackupNetworkError, BackupTimeoutError, or the reason
 * of the caller's abort.
 */
export function createSender({
  auth,
  userId,
  fetch,
  onAttempt,
}: SenderOptions): (call: Call, request: UnauthorizedRequest, signal?: AbortSignal) => Promise<Answered> {
  const clock = createServerClock();
  const own = introduction();

  return async (call, request, signal = call.signal) => {
    const remedies: Remedies = {};
    // Of unreserved characters. Not `crypto.randomUUID`, which is missing in insecure contexts.
    const callId = Math.random().toString(36).slice(2);
    for (;;) {
      const begin = performance.now();
      const outcome = await attempt(call, request, signal);
      const durationMs = performance.now() - begin;
      learn(outcome, remedies);
      const delayMs = isSuccess(outcome) ? undefined : await delayBeforeNext(call, outcome, remedies, signal);
      if (onAttempt) tell(onAttempt, { callId, durationMs, delayMs, ...toldOf(call, outcome) });
      if (delayMs !== undefined) await sleep(delayMs, signal);
      else if (outcome.response) return outcome;
      else throw outcome.error;
    }
  };

  /** Sends the request once, and reads its answer to the end. */
  async function attempt(
    call: Call,
    request: UnauthorizedRequest,
    signal: AbortSignal | undefined,
  ): Promise<Received | Failed> {
    const limitMs = Math.min(call.timeoutMs, remainingMs(call));
    let isSent = false;
    call.facts.attempts += 1;
    try {
      const received = await withDeadline(limitMs, signal, async (deadline): Promise<Received> => {
        const stamp = await stampRequest(call, request, deadline);
        // The credential may have come too late.
        if (deadline.aborted) throw deadline.reason;
        isSent = true;
        const { method, url, headers, body } = request;
        const all = { ...own, ...Object.fromEntries(headers) };
        const init: FetchInit = { method, headers: all, body: body || null, redirect: 'manual', signal: deadline };
        // The global one is looked up for each attempt, because tests and tools replace it at any time.
        const response = (await (fetch ?? globalThis.fetch)(url, init)) as Response;
        const text = await response.text();
        return { response, text, verdict: judge(response, text, call.hasData), stamp };
      });
      if (received !== timedOut) return received;
      const isCallOver = limitMs < call.timeoutMs;
      const error = timeoutError(call, isSent ? 'whole answer' : 'credential', isCallOver);
      return { error, isFinal: isCallOver || !isSent };
    } catch (error) {
      if (signal?.aborted) return { error: signal.reason, isFinal: true };
      if (error instanceof BackupError) return { error, isFinal: true };
      const cause = printableCause(error, redactorOf(call));
      return { error: new BackupNetworkError('no answer', { ...call.facts, cause }), isFinal: false };
    }
  }

  /** Sets the headers of an attempt: the user, the time and the credential. */
  async function stampRequest(call: Call, request: UnauthorizedRequest, signal: AbortSignal): Promise<Stamp> {
    const { headers } = request;
    try {
      const user = headerValue('userId', typeof userId === 'function' ? userId() : userId);
      headers.set('X-User-Id', user);
      const xDate = clock.stamp(headers);
      const context: AuthContext = { userId: user, signal };
      const authorization = await auth.authorize(request, context);
      // Nothing is sent without a credential, also if the application's own `auth` returns none.
      headers.set('Authorization', headerText('Authorization', authorization));
      call.authorizations.push(authorization);
      return { userId: user, xDate, authorization };
    } catch (cause) {
      throw new BackupAuthError('no credential', { ...call.facts, cause: printableCause(cause, redactorOf(call)) });
    }
  }

  /** Learns the server's clock from an attempt, and whether to trust what was learnt. */
  function learn(outcome: Received | Failed, remedies: Remedies): void {
    if (!outcome.response || mayRefuseXDate(outcome)) remedies.trustAgain?.();
    remedies.trustAgain = undefined;
    if (outcome.response) clock.learn(outcome.response);
  }

  /** The milliseconds until the request is sent again; `undefined` if it is not. */
  async function delayBeforeNext(
    call: Call,
    outcome: Received | Failed,
    remedies: Remedies,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    if (!outcome.response && outcome.isFinal) return undefined;
    const leftMs = remainingMs(call);
    if (isRetried(call.facts.method, outcome, call.retry, call.retries)) {
      const retryAfter = outcome.response?.headers.get('retry-after') ?? '';
      const delayMs = retryDelay(call.retries++, Math.random(), retryAfter, clock.now());
      // What there is now is better than a timeout later.
      return delayMs < leftMs ? delayMs : undefined;
    }
    if (!outcome.response || leftMs <= 0) return undefined;
    const isRemedied =
      isClockRemedied(outcome, remedies) || (await isCredentialRemedied(call, outcome, remedies, signal));
    return isRemedied ? 0 : undefined;
  }

  /** Whether a refused request is worth sending again with another time. */
  function isClockRemedied(received: Received, remedies: Remedies): boolean {
    if (!mayRefuseXDate(received)) return false;
    const { xDate } = received.stamp;
    // What this machine's clock finds right was stamped by it, or might as well have been.
    remedies.isLocalClockTried ||= !isXDateWrongHere(xDate);
    if (!remedies.isClockCorrected && clock.refuses(xDate, received.response)) {
      remedies.isClockCorrected = true;
      return true;
    }
    if (remedies.isLocalClockTried) return false;
    remedies.isLocalClockTried = true;
    remedies.trustAgain = clock.distrust();
    return true;
  }

  /** Whether a refused request is worth sending again with another credential. */
  async function isCredentialRemedied(
    call: Call,
    received: Received,
    remedies: Remedies,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (remedies.isCredentialRenewed || !isUnauthorized(received)) return false;
    const { authorization, userId } = received.stamp;
    const limitMs = Math.min(call.timeoutMs, remainingMs(call));
    const renew = async (): Promise<unknown> => auth.renew?.(authorization, { userId });
    // The refusal says more than a failed renewal would. After an abort, the wait that follows throws its reason.
    const isRenewed = await withDeadline(limitMs, signal, renew).catch(() => signal?.aborted);
    // With the old credential, the local clock may have been refused for the wrong reason.
    remedies.isLocalClockTried = false;
    remedies.isCredentialRenewed = isRenewed === true;
    return remedies.isCredentialRenewed;
  }
}

const isSuccess = ({ verdict }: Received | Failed): boolean => verdict?.success !== undefined;

const remainingMs = ({ endsAt }: Call): number => endsAt - performance.now();

/** The error of a call or an attempt whose time is over. */
export function timeoutError(call: Call, missing: string, isCallOver: boolean): BackupTimeoutError {
  const timeoutMs = isCallOver ? call.deadlineMs : call.timeoutMs;
  return new BackupTimeoutError(`no ${missing} within ${timeoutMs} ms`, { ...call.facts, timeoutMs });
}

/** Tells an observer. Whatever it does must not turn a record that was created into a failed call. */
function tell(onAttempt: (attempt: Attempt) => unknown, attempt: Attempt): void {
  // In a promise, so that what it throws ends there too.
  new Promise((resolve) => resolve(onAttempt(attempt))).catch(() => {});
}

function toldOf(call: Call, outcome: Received | Failed): Omit<Attempt, 'callId' | 'durationMs' | 'delayMs'> {
  const { attempts: attempt, ...facts } = call.facts;
  const { response, verdict } = outcome;
  const error = response ? undefined : outcome.error;
  const redact = redactorOf(call);
  const requestId = response && requestIdOf(response, verdict, redact);
  const said = verdict?.success ?? verdict?.refusal;
  const code = said && printableCode(said.code, redact);
  return { ...facts, attempt, status: response?.status, code, requestId, error };
}
