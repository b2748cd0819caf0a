import type { BackupAuth, UnauthorizedRequest } from './auth/auth.ts';
import { formatXDate } from './clock.ts';
import { errorCodes } from './error-codes.gen.ts';
import { BackupNetworkError } from './errors/backup-network-error.ts';
import { BackupParseError } from './errors/backup-parse-error.ts';
import { BackupTimeoutError } from './errors/backup-timeout-error.ts';
import { check, headerValue } from './errors/check.ts';
import { parseHttpDate } from './http-date.ts';
import { exactJson } from './json.ts';
import { retryDelay } from './retry.ts';

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

/** When a request is sent again. */
export interface RetryOptions {
  /** How many times at most; 2 by default, 0 for never. */
  limit?: number;
  /**
   * Whether also what the provider may have carried out is sent again: after a broken connection, a timeout, or a
   * status of 500 and above. By default only GET and HEAD are, since creating a record is not idempotent.
   */
  ambiguous?: boolean;
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

/** The envelope around every answer. */
interface Envelope {
  code: number;
  msg: string;
  data?: unknown;
}

/** An answer that counts. */
export interface Sent {
  /** Read to its end. */
  response: Response;
  /** What was read: its integers exact, a refusal without the credential. */
  text: string;
  envelope: Envelope;
}

/** How an attempt ended: with an answer that was read to its end, or with the error that came instead. */
interface Outcome {
  response?: Response;
  text: string;
  /** Missing where the answer is none. */
  envelope?: Envelope;
  error?: unknown;
  /** What was sent as X-Date, in milliseconds since the epoch. */
  xDate: number;
  authorization: string;
}

// The server takes no X-Date from its future, and none older than 15 minutes: a little behind is the safe side.
const behindMs = 60_000;
const maxAgeMs = 14 * 60_000;

/**
 * Makes the function that sends a request until it has an answer that counts, each time with the user, the time and
 * the credential anew.
 *
 * The function resolves to the answer. It throws BackupNetworkError, BackupTimeoutError, BackupParseError, or the reason of the caller's abort.
 */
export function createSender({
  auth,
  userId,
  retry = {},
  fetch = globalThis.fetch,
  onAttempt,
}: SenderOptions): (call: Call) => Promise<Sent> {
  check(auth?.authorize, 'auth must be accessToken(…) or appSignature(…)');
  // How far the server's clock is ahead of the local one; learnt from each answer.
  let skewMs = 0;

  async function attemptOnce(call: Call, attempt: number): Promise<Outcome> {
    const { request, signal, operation, path, timeoutMs } = call;
    const { method, url, headers, body } = request;
    const xDate = Date.now() + skewMs - behindMs;
    headers.set('X-User-Id', headerValue('userId', typeof userId === 'string' ? userId : userId()));
    headers.set('X-Date', formatXDate(xDate));
    let authorization = '';
    // A credential that never comes must not keep the caller waiting for ever.
    await withDeadline(signal, timeoutMs, async () => {
      authorization = await auth.authorize(request);
    });
    if (!authorization) throw timeoutError('credential', call);
    headers.set('Authorization', authorization);

    const outcome: Outcome = { text: '', xDate, authorization };
    const begin = Date.now();
    try {
      await withDeadline(signal, timeoutMs, async (deadline) => {
        const init = {
          method,
          headers,
          body: body || null,
          redirect: 'manual',
          signal: deadline,
        } as const;
        const response = await fetch(url, init);
        const text = exactJson(await response.text());
        Object.assign(outcome, { response, text, envelope: envelopeOf(text) });
      });
      if (!outcome.response) outcome.error = timeoutError('whole answer', call);
    } catch (cause) {
      signal?.throwIfAborted();
      // Node says "fetch failed" and puts the reason into the cause.
      const { message } = Object((cause as Error).cause ?? cause);
      outcome.error = new BackupNetworkError(`${operation}: no answer: ${message}`, { operation, cause });
    }
    try {
      const { status } = outcome.response ?? {};
      onAttempt?.({ operation, method, path, attempt, status, durationMs: Date.now() - begin });
    } catch {
      // What an observer throws must not turn a record that was created into a failed call.
    }
    return outcome;
  }

  /** The milliseconds until the request is sent again; `undefined` when it is not. */
  async function delayBeforeNext(
    { method }: UnauthorizedRequest,
    outcome: Outcome,
    tried: { retries: number; corrected?: boolean; renewed?: boolean },
  ): Promise<number | undefined> {
    const { response, xDate, authorization } = outcome;
    const date = parseHttpDate(header(response, 'date'));
    if (date) skewMs = date - Date.now();
    if (tried.retries < (retry.limit ?? 2) && isRetryable(outcome, retry.ambiguous ?? /GET|HEAD/.test(method))) {
      return retryDelay(tried.retries++, Math.random(), header(response, 'retry-after'), Date.now() + skewMs);
    }
    if (!response || isAccepted(outcome)) return undefined;
    if (!tried.corrected && (xDate > date || date - xDate > maxAgeMs)) {
      tried.corrected = true;
      return 0;
    }
    if (!tried.renewed && isUnauthorized(outcome) && (await auth.renew?.(authorization))) {
      tried.renewed = true;
      return 0;
    }
    return undefined;
  }

  return async (call) => {
    const tried = { retries: 0 };
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(call, attempt);
      const delayMs = await delayBeforeNext(call.request, outcome, tried);
      if (delayMs === undefined) return answerOf(outcome, call);
      await withDeadline(call.signal, delayMs, () => new Promise(() => {}));
    }
  };
}

/**
 * Does a piece of work until its time is over. That, or the caller's abort, counts at once, also where the work takes
 * no notice of its signal.
 *
 * @throws What the work throws, or the reason of the caller's abort.
 */
function withDeadline(
  signal: AbortSignal | undefined,
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      if (signal?.aborted) reject(signal.reason);
      else resolve();
      controller.abort();
    };
    const timer = setTimeout(abort, ms);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    else work(controller.signal).then(resolve, reject).finally(end);
  });
}

const timeoutError = (what: string, { operation, timeoutMs }: Call): BackupTimeoutError =>
  new BackupTimeoutError(`${operation}: no ${what} within ${timeoutMs} ms`, { operation, timeoutMs });

const header = (response: Response | undefined, name: string): string => response?.headers.get(name) ?? '';

/** Whether the request has created nothing for certain, or is to be sent again though it may have. */
function isRetryable({ response, error }: Outcome, ambiguous: boolean): boolean {
  if (!response) return ambiguous || neverSent(error);
  const { status } = response;
  return status === 429 || (status === 503 && header(response, 'retry-after') > '') || (ambiguous && status > 499);
}

/** Tells by Node's codes, Bun's, and Deno's words that there was no connection. */
function neverSent(error: unknown): boolean {
  const { code, message, cause } = Object(error);
  return (
    /REFUSED|Refused|NOTFOUND|EAI_A|UNREACH|CONNECT_T|ToOpenS|\(Connect\)/.test(code + message) ||
    (cause && neverSent(cause))
  );
}

/** What a text says as the envelope around an answer; `undefined` where it is none. */
function envelopeOf(text: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(text);
    return typeof envelope.code === 'number' && typeof envelope.msg === 'string' ? envelope : undefined;
  } catch {
    return undefined;
  }
}

const isAccepted = ({ response, envelope }: Outcome): boolean => response?.ok === true && envelope?.code === 0;

/** The vendor's list of statuses gives 400 to failed authentication too; its code is none of the published ones then. */
function isUnauthorized({ response, envelope }: Outcome): boolean {
  const { status } = response ?? {};
  return status === 401 || (status === 400 && !!envelope && !Object.values<number>(errorCodes).includes(envelope.code));
}

function answerOf(outcome: Outcome, { operation, hasData }: Call): Sent {
  const { response, envelope, error, authorization } = outcome;
  if (!response) throw error;
  const accepted = isAccepted(outcome);
  const text = accepted ? outcome.text : redact(outcome.text, authorization);
  const { ok, status, headers } = response;
  const isRedirect = !ok && status < 400;
  if (envelope && !isRedirect && !(accepted && hasData && envelope.data == null)) {
    return { response, text, envelope: accepted ? envelope : JSON.parse(text) };
  }
  const contentType = headers.get('content-type');
  const body = text.slice(0, 200);
  const what = isRedirect ? 'is a redirect, which is refused' : 'is not of the contract';
  const message = `${operation}: the answer ${what}: HTTP status ${status}, ${contentType}, ${body}`;
  throw new BackupParseError(message, { operation, status, contentType, body });
}

/**
 * Takes the credential out of a text: a provider may repeat it in its reason, and reasons end up in logs.
 *
 * @param authorization The value of the header Authorization that was sent.
 */
function redact(text: string, authorization: string): string {
  const secret = authorization.replace(/^(.*Signature=|\w+[ +])/, '');
  // So short a token is no secret, and could be a part of any word.
  return secret[7] ? text.replaceAll(secret, '***') : text;
}
