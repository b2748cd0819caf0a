import { type BackupAuth, isUnauthorized, type UnauthorizedRequest } from './auth/auth.ts';
import { redact } from './auth/redact.ts';
import { createServerClock, isXDateWrong } from './clock.ts';
import { sleep, timedOut, withDeadline } from './deadline.ts';
import { type AnyEnvelope, isSuccess, parseEnvelope } from './envelope.ts';
import { BackupNetworkError } from './errors/backup-network-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { BackupTimeoutError } from './errors/backup-timeout-error.ts';
import { check, headerValue } from './errors/check.ts';
import { badRequest } from './http-status.ts';
import { exactJson } from './json.ts';
import { isRetried, type RetryOptions, retryDelay } from './retry.ts';

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What `onAttempt` is told of one attempt. Never a secret. */
export interface Attempt {
  /** The operation, by its operationId. */
  operation: string;
  /** The HTTP method. */
  method: string;
  /** The path as the contract has it, with the names of its parameters. */
  path: string;
  /** 1 for the first attempt of a call, 2 for the second, and so on. */
  attempt: number;
  /** The HTTP status; `undefined` where there was no whole answer. */
  status: number | undefined;
  /** How long the attempt took, in milliseconds. */
  durationMs: number;
}

/** What all calls of one client share. */
export interface SenderOptions {
  /** How the client proves who it is: `accessToken(…)` or `appSignature(…)`. */
  auth: BackupAuth;
  /** The user's id on KooDrive, sent as X-User-Id; a function is asked for each attempt. */
  userId: string | (() => string);
  /** When a request is sent again; by default twice, where it cannot have created anything. */
  retry?: RetryOptions;
  /** Sends the requests, instead of the global `fetch`: for a proxy or an agent. */
  fetch?: Fetch;
  /** Is told of each attempt when it ends. What it throws is ignored. */
  onAttempt?: (attempt: Attempt) => void;
}

/** What one call brings. */
export interface Call {
  /** Its headers get those of an attempt. */
  request: UnauthorizedRequest;
  /** The caller's, if there is one. */
  signal: AbortSignal | undefined;
  operation: string;
  path: string;
  /** Whether a success has to have data. */
  hasData: boolean;
  timeoutMs: number;
}

/** An answer that counts. */
export interface Sent {
  /** Read to its end. */
  response: Response;
  /** What was read: its integers exact, a refusal without the credential. */
  text: string;
  envelope: AnyEnvelope;
}

/** What an attempt was sent with, and is different in the next one. */
interface Stamp {
  /** What X-Date says, in milliseconds since the epoch. */
  xDate: number;
  authorization: string;
}

/** An answer, read to its end. */
interface Received {
  response: Response;
  text: string;
  /** `undefined` where the answer is none. */
  envelope: AnyEnvelope | undefined;
}

/** How an attempt ended: with an answer, or with the error that came instead. */
type Outcome = Received | { response?: undefined; error: BackupNetworkError | BackupTimeoutError };

/** What has been tried in a call. */
interface Tried {
  retries: number;
  /** Whether the request was sent again for a wrong X-Date. Once is enough: the clock is known then. */
  clockCorrected: boolean;
  /** Whether the request was sent again with another credential. */
  credentialRenewed: boolean;
}

/**
 * Makes the function that sends a request until it has an answer that counts. Each attempt asks for the user, the time
 * and the credential again.
 *
 * The function resolves to the answer. It throws BackupNetworkError, BackupTimeoutError, BackupParseError, or the
 * reason of the caller's abort.
 */
export function createSender({
  auth,
  userId,
  retry = {},
  fetch = globalThis.fetch,
  onAttempt,
}: SenderOptions): (call: Call) => Promise<Sent> {
  check(auth?.authorize, 'auth must be accessToken(…) or appSignature(…)');
  const clock = createServerClock();

  return async (call) => {
    const tried: Tried = { retries: 0, clockCorrected: false, credentialRenewed: false };
    for (let attempt = 1; ; attempt++) {
      const stamp = await stampRequest(call);
      const begin = Date.now();
      const outcome = await exchange(call);
      report(call, attempt, outcome, begin);
      if (outcome.response) clock.learn(outcome.response);
      const delayMs = await delayBeforeNext(call, stamp, outcome, tried);
      if (delayMs === undefined) return answerOf(call, stamp, outcome);
      await sleep(delayMs, call.signal);
    }
  };

  /** Sets the headers of an attempt: the user, the time and the credential. */
  async function stampRequest(call: Call): Promise<Stamp> {
    const { request, signal, timeoutMs } = call;
    const user = typeof userId === 'string' ? userId : userId();
    request.headers.set('X-User-Id', headerValue('userId', user));
    const xDate = clock.stamp(request.headers);
    // A credential that never comes must not keep the caller waiting for ever.
    const authorization = await withDeadline(timeoutMs, signal, async () => auth.authorize(request));
    // Nothing is sent without a credential, also where the application's own `auth` returns none.
    if (authorization === timedOut || !authorization) throw timeoutError('credential', call);
    request.headers.set('Authorization', authorization);
    return { xDate, authorization };
  }

  /** Sends the request once, and reads its answer to the end. */
  async function exchange(call: Call): Promise<Outcome> {
    const { request, signal, operation, timeoutMs } = call;
    const { method, url, headers, body } = request;
    try {
      const received = await withDeadline(timeoutMs, signal, async (deadline): Promise<Received> => {
        const init: RequestInit = { method, headers, body: body || null, redirect: 'manual', signal: deadline };
        const response = await fetch(url, init);
        const text = exactJson(await response.text());
        return { response, text, envelope: parseEnvelope(text) };
      });
      return received === timedOut ? { error: timeoutError('whole answer', call) } : received;
    } catch (cause) {
      signal?.throwIfAborted();
      return { error: new BackupNetworkError(`${operation}: no answer: ${reasonOf(cause)}`, { operation, cause }) };
    }
  }

  function report({ request, operation, path }: Call, attempt: number, { response }: Outcome, begin: number): void {
    try {
      onAttempt?.({
        operation,
        method: request.method,
        path,
        attempt,
        status: response?.status,
        durationMs: Date.now() - begin,
      });
    } catch {
      // What an observer throws must not turn a record that was created into a failed call.
    }
  }

  /** The milliseconds until the request is sent again; `undefined` when it is not. */
  async function delayBeforeNext(
    { request }: Call,
    { xDate, authorization }: Stamp,
    outcome: Outcome,
    tried: Tried,
  ): Promise<number | undefined> {
    if (isRetried(request.method, outcome, retry, tried.retries)) {
      const retryAfter = outcome.response?.headers.get('retry-after') ?? '';
      return retryDelay(tried.retries++, Math.random(), retryAfter, clock.now());
    }
    if (!outcome.response || isSuccess(outcome.response, outcome.envelope)) return undefined;
    if (!tried.clockCorrected && isXDateWrong(xDate, outcome.response)) {
      tried.clockCorrected = true;
      return 0;
    }
    const isRefused = !tried.credentialRenewed && isUnauthorized(outcome.response, outcome.envelope);
    if (isRefused && (await auth.renew?.(authorization))) {
      tried.credentialRenewed = true;
      return 0;
    }
    return undefined;
  }
}

const timeoutError = (what: string, { operation, timeoutMs }: Call): BackupTimeoutError =>
  new BackupTimeoutError(`${operation}: no ${what} within ${timeoutMs} ms`, { operation, timeoutMs });

/** Why `fetch` has failed. Node says only "fetch failed", and puts the reason into the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return ((cause ?? { message }) as Error).message;
}

/** @throws BackupParseError where there is an answer that is not of the contract; the error where there is no answer. */
function answerOf({ operation, hasData }: Call, { authorization }: Stamp, outcome: Outcome): Sent {
  if (!outcome.response) throw outcome.error;
  const { response, envelope } = outcome;
  const accepted = isSuccess(response, envelope);
  const text = accepted ? outcome.text : redact(outcome.text, authorization);
  const { status, headers } = response;
  const isRedirect = !response.ok && status < badRequest;
  const lacksData = accepted && hasData && (envelope?.data === undefined || envelope.data === null);
  if (envelope && !isRedirect && !lacksData) {
    return { response, text, envelope: accepted ? envelope : JSON.parse(text) };
  }
  const contentType = headers.get('content-type');
  const body = text.slice(0, shownCharacters);
  const what = isRedirect ? 'is a redirect, which is refused' : 'is not of the contract';
  const message = `${operation}: the answer ${what}: HTTP status ${status}, ${contentType}, ${body}`;
  throw new BackupParseError(message, { operation, status, contentType, body });
}

// Enough to recognise a gateway's page by.
const shownCharacters = 200;
