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

/**
 * The options that the client passes to `fetch`: a part of the standard's RequestInit, so that any `fetch` accepts
 * them.
 */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  redirect: 'manual';
  signal: AbortSignal;
}

/** The parts of a response that the client reads. The result of any `fetch` has them, undici's too. */
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

/** What `onAttempt` gets for one attempt. No field contains a secret. */
export interface Attempt {
  /** An id of the call, the same for all its attempts. */
  callId: string;
  /** The operationId of the operation. */
  operation: string;
  /** The HTTP method. */
  method: string;
  /** The path in the contract, with the names of its parameters. */
  path: string;
  /** 1 for the first attempt of a call, 2 for the second, and so on. */
  attempt: number;
  /** The HTTP status; `undefined` if there was no complete answer. */
  status: number | undefined;
  /**
   * The code of the answer: 0 for a success, the HTTP status for a refusal that has no code; `undefined` if there was
   * no answer, or one that does not follow the contract.
   */
  code: number | string | undefined;
  /** The provider's or the gateway's id of the request, if the answer names one. */
  requestId: string | undefined;
  /**
   * Why there was no answer: an error of this package, or the reason of the caller's abort; `undefined` with an answer.
   */
  error: unknown;
  /** How long the attempt took, in milliseconds, including the time to get its credential. */
  durationMs: number;
  /** How long the client waits before the next attempt, in milliseconds; `undefined` if this one was the last. */
  delayMs: number | undefined;
}

/** What all calls of one client share. */
export interface SenderOptions {
  /** How the client proves who it is: `accessToken(…)` or `appSignature(…)`. */
  auth: BackupAuth;
  /** The user's id on KooDrive, sent as X-User-Id. If it is a function, it is called for each attempt. */
  userId: string | (() => string);
  /** Sends the requests, instead of the global `fetch`: for a proxy or an agent. */
  fetch?: Fetch | undefined;
  /** Called when an attempt has ended. An error that it throws, or that its promise rejects with, is ignored. */
  onAttempt?: ((attempt: Attempt) => unknown) | undefined;
}

/** One call, and its state so far. */
export interface Call {
  /** The fields of errors that describe the call. `attempts` counts the attempts that were started. */
  facts: CallFacts & { attempts: number };
  /** Whether the contract requires `data` in a success. */
  hasData: boolean;
  /** The caller's signal, if there is one. */
  signal: AbortSignal | undefined;
  /** How long an attempt may take, in milliseconds. */
  timeoutMs: number;
  /** How long the call may take, in milliseconds. */
  deadlineMs: number;
  /** When the deadline ends, on the clock of `performance`. */
  endsAt: number;
  retry: RetryOptions;
  /** How many attempts count against `retry.limit`. */
  retries: number;
  /** The values of Authorization that were sent. */
  authorizations: string[];
}

/** An answer that was read completely. */
export interface Answered {
  response: Response;
  text: string;
  verdict: Verdict;
}

/** The user, the time and the credential that an attempt was sent with. */
interface Stamp {
  userId: string;
  /** The time in X-Date, in milliseconds since the epoch. */
  xDate: number;
  authorization: string;
}

/** An answer, and the stamp of the attempt that it answers. */
interface Received extends Answered {
  stamp: Stamp;
}

/** An attempt that has no answer. */
interface Failed {
  response?: undefined;
  verdict?: undefined;
  error: unknown;
  /** Whether sending again is useless: after an abort, without a credential, or when the call's time is over. */
  isFinal: boolean;
}

/**
 * The remedies that were tried after refusals. A call tries each of them once at most, except that a new credential
 * allows another try with the local clock.
 */
interface Remedies {
  isClockCorrected?: boolean;
  isLocalClockTried?: boolean;
  isCredentialRenewed?: boolean;
  /** Returns to the learnt clock after the try with the local one. */
  trustAgain?: (() => void) | undefined;
}

/**
 * Creates the function that sends a request, and sends it again if that is allowed. Each attempt gets the user, the
 * time and the credential again.
 *
 * The function resolves to the last answer. It throws BackupAuthError, BackupNetworkError, BackupTimeoutError, or the
 * reason of the caller's abort.
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
    // Not `crypto.randomUUID`, which is missing in insecure contexts.
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

  /** Sends the request once, and reads its answer completely. */
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
        // The credential may have arrived too late: do not send the request after its deadline.
        if (deadline.aborted) throw deadline.reason;
        isSent = true;
        const { method, url, headers, body } = request;
        const all = { ...own, ...Object.fromEntries(headers) };
        const init: FetchInit = { method, headers: all, body: body || null, redirect: 'manual', signal: deadline };
        // Look the global `fetch` up for each attempt, because tests and tools replace it at any time.
        const response = (await (fetch ?? globalThis.fetch)(url, init)) as Response;
        const text = await response.text();
        return { response, text, verdict: judge(response, text, call.hasData), stamp };
      });
      if (received !== timedOut) return received;
      const isCallOver = limitMs < call.timeoutMs;
      const error = timeoutError(call, isSent ? 'complete answer' : 'credential', isCallOver);
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
      // This check also covers an `auth` that the application wrote itself: nothing is sent without a credential.
      headers.set('Authorization', headerText('Authorization', authorization));
      call.authorizations.push(authorization);
      return { userId: user, xDate, authorization };
    } catch (cause) {
      throw new BackupAuthError('no credential', { ...call.facts, cause: printableCause(cause, redactorOf(call)) });
    }
  }

  /** Learns the server's clock from an attempt, and decides whether to trust the clock that was learnt before. */
  function learn(outcome: Received | Failed, remedies: Remedies): void {
    if (!outcome.response || mayRefuseXDate(outcome)) remedies.trustAgain?.();
    remedies.trustAgain = undefined;
    if (outcome.response) clock.learn(outcome.response);
  }

  /** Returns the milliseconds until the request is sent again; `undefined` if it is not sent again. */
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
      // The outcome that the call has now is better than a timeout later.
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
    // If the local clock finds this X-Date right, the try counts as one with the local clock, even if X-Date was a
    // learnt time.
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
    // Ignore a failed renewal, because the refusal says more. After an abort, return `true`: the wait that follows
    // throws the abort's reason.
    const isRenewed = await withDeadline(limitMs, signal, renew).catch(() => signal?.aborted);
    // Allow another try with the local clock: the provider may have refused the first because of the old credential.
    remedies.isLocalClockTried = false;
    remedies.isCredentialRenewed = isRenewed === true;
    return remedies.isCredentialRenewed;
  }
}

const isSuccess = ({ verdict }: Received | Failed): boolean => verdict?.success !== undefined;

const remainingMs = ({ endsAt }: Call): number => endsAt - performance.now();

/**
 * Creates the error of a call or an attempt whose time is over.
 *
 * @param missing What did not arrive in time, such as `credential`.
 * @param isCallOver Whether `deadlineMs` was exceeded, and not `timeoutMs`.
 */
export function timeoutError(call: Call, missing: string, isCallOver: boolean): BackupTimeoutError {
  const timeoutMs = isCallOver ? call.deadlineMs : call.timeoutMs;
  return new BackupTimeoutError(`no ${missing} within ${timeoutMs} ms`, { ...call.facts, timeoutMs });
}

/**
 * Calls an observer. Its errors are ignored, because they must not turn a record that was created into a failed call.
 */
function tell(onAttempt: (attempt: Attempt) => unknown, attempt: Attempt): void {
  // Called inside a promise, so that `catch` also gets an error that it throws synchronously.
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
