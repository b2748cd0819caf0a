import createClient, {
  type Client,
  type HeadersOptions,
  type Middleware,
  type ParamsOption,
  type RequestBodyOption,
} from 'openapi-fetch';
import type { UnauthorizedRequest } from './auth/auth.ts';
import { checkedBaseUrl } from './base-url.ts';
import type { Calls } from './calls.gen.ts';
import { timedOut, withDeadline } from './deadline.ts';
import { type Answer, judge, type RefusalEnvelope, remember } from './envelope.ts';
import { BackupError } from './errors/backup-error.ts';
import { BackupRequestError } from './errors/backup-request-error.ts';
import { check, headerText, headerValue } from './errors/check.ts';
import { operationsByMethod, parameterPatterns } from './operations.gen.ts';
import { readableOf } from './printable.ts';
import { copyOfResponse } from './response.ts';
import type { RetryOptions } from './retry.ts';
import type { paths } from './schema.gen.ts';
import { type Answered, type Call, createSender, type SenderOptions, timeoutError } from './send.ts';

/** The settings that a client has for all its calls, and that a call can override. */
export interface CallSettings {
  /**
   * How long an attempt may take, in milliseconds, including the time to get its credential and to read its answer;
   * 30,000 by default.
   */
  timeoutMs?: number | undefined;
  /**
   * How long a call may take with all its attempts, waits and logins, in milliseconds; ten times `timeoutMs` by
   * default. A retry does not happen if the wait before it would last longer than the time that is left.
   */
  deadlineMs?: number | undefined;
  /** When a request is sent again; by default twice at most, and only if it cannot have created anything. */
  retry?: RetryOptions | undefined;
}

/** The options of a client. */
export interface BackupClientOptions extends SenderOptions, CallSettings {
  /**
   * The provider's address, for example `https://intl.myhuaweicloud-koodrive.com`, with or without a path in front of
   * the contract's paths.
   */
  baseUrl: string;
  /** More headers for every request. The client itself sets Authorization, X-User-Id and X-Date. */
  headers?: HeadersOptions | undefined;
  /** Allows `http:` to other hosts than this machine: everyone on the network path can then read the credential. */
  allowInsecure?: boolean | undefined;
}

const defaultTimeoutMs = 30_000;

// Enough time for the retries of the default settings, and the waits between them.
const defaultDeadlineInTimeouts = 10;

// No runtime's timers can hold this much: they would fire at once.
const tooLongMs = 2 ** 31;

type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

type PathWith<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<M, object> ? Path : never;
}[keyof paths];

type OperationAt<M extends Method, Path extends keyof paths> = paths[Path][M] extends infer Operation extends object
  ? Operation
  : never;

/** What a call accepts: the operation's parameters and body, the settings of the call, its headers and its signal. */
export type CallInit<Operation> = ParamsOption<Operation> &
  RequestBodyOption<Operation> &
  CallSettings & {
    /** More headers. The client itself sets Authorization, X-User-Id and X-Date. */
    headers?: HeadersOptions | undefined;
    /** Aborts the call, also while it waits between attempts. */
    signal?: AbortSignal | undefined;
  };

/** The arguments of a call to the operation with this method and path. */
export type CallArguments<M extends Method, Path extends keyof paths> =
  object extends CallInit<OperationAt<M, Path>>
    ? [path: Path, init?: CallInit<OperationAt<M, Path>>]
    : [path: Path, init: CallInit<OperationAt<M, Path>>];

/** The envelope of an operation's success. */
type EnvelopeOf<Operation> = Operation extends {
  responses: { 200: { content: { 'application/json': infer Envelope } } };
}
  ? Envelope
  : never;

/** What a call to an operation resolves to. */
export type CallResult<M extends Method, Path extends keyof paths> = Promise<Answer<EnvelopeOf<OperationAt<M, Path>>>>;

/** A call to any operation with a method. */
export type CallOf<M extends Method> = <Path extends PathWith<M>>(
  ...call: CallArguments<M, Path>
) => CallResult<M, Path>;

/**
 * openapi-fetch's client of the contract: `client.POST(path, { params, body })` resolves to
 * `{ data, error, response }`. Only a success has `data`. A refusal, even with status 200, has `error` with its `code`
 * and `msg`. If there is neither, the call throws an error of this package. If the caller aborts, the call throws the
 * caller's reason. `use` and `eject` accept openapi-fetch's middleware.
 */
export interface BackupClient extends Calls, Pick<Client<paths>, 'use' | 'eject'> {}

/**
 * Creates a client. Two clients share nothing, so their credentials never meet.
 *
 * The client sets the headers Authorization, X-User-Id and X-Date of every attempt. It learns the server's clock from
 * the answers, so X-Date is right even if the clock of this machine is wrong. In a browser, it can learn the clock only
 * if the provider's CORS exposes the header Date. It renews a refused token once, if the token came from a function. It
 * refuses redirects.
 *
 * @throws TypeError if an option is invalid.
 */
export function createBackupClient(options: BackupClientOptions): BackupClient {
  checkOptions(options);
  const send = createSender(options);
  const inner = createClient<paths>({
    baseUrl: checkedBaseUrl(options.baseUrl, options.allowInsecure),
    headers: headersOf(options.headers),
  });

  // Only a middleware needs a real Request and Response. Creating them takes longer than the rest of a call.
  let hasMiddleware = false;

  async function call(method: string, path: string, init: CallInit<unknown>): Promise<Answer<unknown>> {
    const [operation = '', hasData = false] = operationOf(method, path) ?? [];
    const facts = { operation, method, path, attempts: 0 };
    try {
      checkCall(method, path, init);
      const made = callOf(facts, hasData, init, options);
      const answered = await (hasMiddleware ? throughMiddleware(made, init) : directly(made, init));
      const { response, verdict } = answered;
      remember(response, made, answered);
      if (verdict.success) return { data: verdict.success, response };
      const { code, msg } = verdict.refusal as RefusalEnvelope;
      return { error: { code, msg }, response };
    } catch (error) {
      throw ownErrorOf(facts, init.signal, error);
    }
  }

  async function directly(made: Call, init: CallInit<unknown>): Promise<Answered> {
    let answered: Answered | undefined;
    await request(made, init, {
      Request: PlainRequest,
      async fetch(plain: PlainRequest) {
        answered = readableOf(made, await send(made, plain));
        return alreadyRead;
      },
    });
    return answered as unknown as Answered;
  }

  /** Does the same as `directly`, with a real Request and Response, which a middleware can see and change. */
  async function throughMiddleware(made: Call, init: CallInit<unknown>): Promise<Answered> {
    const work = async (signal: AbortSignal): Promise<Answered> => {
      let answered: Answered | undefined;
      let shown: Response | undefined;
      const { response, error } = await request(made, init, {
        signal,
        Request,
        async fetch(seen: Request) {
          const { method, url } = seen;
          // A copy, so that a middleware does not see the credential that is set later.
          const copy = { method, url, headers: new Headers(seen.headers), body: await seen.text() };
          answered = readableOf(made, await send(made, copy, signal));
          shown = copyOfResponse(answered.response, answered.text);
          return shown;
        },
      });
      if (answered && response === shown) return answered;
      // openapi-fetch has already read the body of a refusal.
      const text = response.bodyUsed ? textOf(error) : await response.text();
      return readableOf(made, { response, text, verdict: judge(response, text, made.hasData) });
    };
    // A moment longer than the call's deadline, so that an attempt ends first: its error says what was missing.
    const answered = await withDeadline(Math.min(made.deadlineMs + 1, tooLongMs - 1), made.signal, work);
    if (answered === timedOut) throw timeoutError(made, 'result', true);
    return answered;
  }

  /**
   * Hands a request to openapi-fetch. It passes on no other options of openapi-fetch, because some of them, such as
   * `fetch` and `baseUrl`, would bypass this client.
   */
  function request(made: Call, { params, body, headers }: CallInit<unknown>, own: object): Promise<Fetched> {
    const init = { params, body, headers: headersOf(headers), parseAs: 'stream', ...own };
    return inner.request(made.facts.method as 'post', made.facts.path as never, init as never);
  }

  const calls = Object.keys(operationsByMethod).map((method) => [
    method,
    (path: string, init?: CallInit<unknown> | null) => call(method, path, init ?? {}),
  ]);
  const use = (...middleware: Middleware[]): void => {
    inner.use(...middleware);
    hasMiddleware = true;
  };
  return { ...Object.fromEntries(calls), use, eject: inner.eject } as BackupClient;
}

/** What openapi-fetch resolves to. */
interface Fetched {
  error?: unknown;
  response: Response;
}

/** A request without the cost of a real Request: what openapi-fetch creates if the client has no middleware. */
class PlainRequest implements UnauthorizedRequest {
  declare readonly url: string;
  declare readonly method: string;
  declare readonly headers: Headers;
  declare readonly body: string | undefined;

  constructor(url: string, init: object) {
    Object.assign(this, init, { url });
  }
}

// The client has read the answer itself: these fields make openapi-fetch see an answer without a body.
const alreadyRead = { ok: true, status: 204, headers: new Map() };

function checkOptions(options: BackupClientOptions): void {
  check(options, 'createBackupClient needs options: { baseUrl, auth, userId }');
  const { userId, fetch, onAttempt, auth } = options;
  check(auth?.authorize, 'auth must be accessToken(…) or appSignature(…)');
  if (typeof userId !== 'function') headerValue('userId', userId);
  for (const [name, value] of Object.entries({ fetch, onAttempt })) {
    check(value === undefined || typeof value === 'function', `${name} must be a function`);
  }
  checkSettings(options);
}

function checkSettings({ timeoutMs, deadlineMs, retry }: CallSettings): void {
  check(isDuration(timeoutMs), 'timeoutMs must be a number above 0 and below 2^31');
  check(isDuration(deadlineMs), 'deadlineMs must be a number above 0 and below 2^31');
  check(typeof (retry ?? {}) === 'object', 'retry must be an object, as { limit: 2 }');
  const { limit, ambiguous } = retry ?? {};
  check(isNumber(limit ?? 0) && Number(limit ?? 0) >= 0, 'retry.limit must be a number, 0 or more');
  check(typeof (ambiguous ?? false) === 'boolean', 'retry.ambiguous must be true or false');
}

// A comparison is not enough: a string of digits compares like a number, and is then joined to the time, not added.
const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);

const isDuration = (ms: number | undefined): boolean => ms === undefined || (isNumber(ms) && ms > 0 && ms < tooLongMs);

/**
 * @throws TypeError if `fetch` would refuse a value: the error of `fetch` would print the value, which may be a secret.
 */
function headersOf(headers: HeadersOptions | undefined): Record<string, string> {
  if (!headers) return {};
  check(typeof headers === 'object', 'headers must be an object, as { "X-traceid": "1" }');
  // Not `instanceof Headers`: there are other Headers classes than the global one.
  const isList = Symbol.iterator in headers;
  const all: Record<string, string> = isList ? Object.fromEntries(headers as Headers) : { ...(headers as object) };
  for (const [name, value] of Object.entries(all)) {
    check(/^[!#$%&'*+.^`|~\w-]+$/.test(name), `headers: ${JSON.stringify(name)} is not a header name`);
    if (value) headerText(name, String(value));
  }
  return all;
}

function callOf(facts: Call['facts'], hasData: boolean, init: CallInit<unknown>, options: BackupClientOptions): Call {
  const timeoutMs = init.timeoutMs ?? options.timeoutMs ?? defaultTimeoutMs;
  const deadlineMs = init.deadlineMs ?? options.deadlineMs ?? longestOf(timeoutMs);
  return {
    facts,
    hasData,
    signal: init.signal,
    timeoutMs,
    deadlineMs,
    endsAt: performance.now() + deadlineMs,
    retry: {
      limit: init.retry?.limit ?? options.retry?.limit,
      ambiguous: init.retry?.ambiguous ?? options.retry?.ambiguous,
    },
    retries: 0,
    authorizations: [],
  };
}

/**
 * The operation that the contract has for a method and path. Finds nothing at `constructor`, which every object has.
 */
function operationOf(method: string, path: string): readonly [operationId: string, hasData?: true] | undefined {
  const operations = operationsByMethod[method] ?? {};
  return Object.hasOwn(operations, path) ? operations[path] : undefined;
}

const longestOf = (timeoutMs: number): number => Math.min(timeoutMs * defaultDeadlineInTimeouts, tooLongMs - 1);

/** @throws TypeError if a call is invalid, before anything is sent. */
function checkCall(method: string, path: string, init: CallInit<unknown>): void {
  check(operationOf(method, path), `the contract has no ${method} ${String(path).slice(0, 100)}`);
  checkSettings(init);
  const { signal, body } = init as { signal?: AbortSignal; body?: unknown };
  check(method !== 'GET' || body === undefined, 'a GET has no body');
  check(!signal || typeof signal.addEventListener === 'function', 'signal must be an AbortSignal');
  const { path: ids, header } = (init.params ?? {}) as Partial<Record<string, Record<string, unknown>>>;
  // An optional header may be undefined. If a required one is, the provider refuses the request and names it.
  for (const name in header)
    if (header[name] !== undefined && header[name] !== null) checkParameter(name, header[name]);
  for (const [, name = ''] of path.matchAll(/\{(.+?)\}/g)) checkParameter(name, ids?.[name]);
}

function checkParameter(name: string, value: unknown): void {
  const pattern = parameterPatterns[name];
  if (!pattern) return void headerText(name, String(value));
  const isValid = typeof value === 'string' && pattern.test(value);
  check(isValid, `${name} must be a string that matches the contract's pattern ${pattern.source}`);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Turns what a call threw into an error of this package. The reason of the caller's abort stays as it is. */
function ownErrorOf(facts: Call['facts'], signal: AbortSignal | undefined, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  if (signal?.aborted) return signal.reason;
  return new BackupRequestError('', { ...facts, cause: error });
}
