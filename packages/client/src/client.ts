import createClient, {
  type Client,
  type FetchResponse,
  type HeadersOptions,
  type ParamsOption,
  type RequestBodyOption,
} from 'openapi-fetch';
import type { UnauthorizedRequest } from './auth/auth.ts';
import { checkedBaseUrl } from './base-url.ts';
import { type Answer, isSuccess, operationOf, type Refusal } from './envelope.ts';
import { check } from './errors/check.ts';
import { operationsByMethod } from './operations.gen.ts';
import type { paths } from './schema.gen.ts';
import { createSender, type SenderOptions, type Sent } from './send.ts';

/** What a client is made from. */
export interface BackupClientOptions extends SenderOptions {
  /**
   * The provider's address, for example `https://intl.myhuaweicloud-koodrive.com`, with or without a path in front of
   * the contract's paths.
   */
  baseUrl: string;
  /** How long an attempt may take, its body included, in milliseconds; 30,000 by default. Retries come on top. */
  timeoutMs?: number;
  /** Allows `http:` to other hosts than this machine, where anyone on the way can read the credential. */
  allowInsecure?: boolean;
}

const defaultTimeoutMs = 30_000;

// More does not fit the timers of any runtime: they would fire at once.
const tooLongMs = 2 ** 31;

type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

type PathWith<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<M, object> ? Path : never;
}[keyof paths];

type OperationAt<M extends Method, Path extends keyof paths> = paths[Path][M] extends infer Operation extends object
  ? Operation
  : never;

/** What a call takes: the operation's parameters and body, and this much about the request. */
export type CallInit<Operation> = ParamsOption<Operation> &
  RequestBodyOption<Operation> & {
    /** More headers. Authorization, X-User-Id and X-Date are the client's. */
    headers?: HeadersOptions;
    /** Aborts the call, waits between attempts included. */
    signal?: AbortSignal;
    /** How long an attempt may take, in milliseconds, instead of the client's. */
    timeoutMs?: number;
  };

type CallOf<M extends Method> = <Path extends PathWith<M>>(
  path: Path,
  ...init: object extends CallInit<OperationAt<M, Path>>
    ? [init?: CallInit<OperationAt<M, Path>>]
    : [init: CallInit<OperationAt<M, Path>>]
) => Promise<FetchResponse<OperationAt<M, Path>, object, 'application/json'>>;

/**
 * openapi-fetch's client of the contract: `client.POST(path, { params, body })` resolves to
 * `{ data, error, response }`. `data` is there for a success only, whatever the HTTP status says; `error` is the
 * envelope of a refusal. What is neither is thrown: BackupNetworkError, BackupTimeoutError, BackupParseError.
 * `use` and `eject` take openapi-fetch's middleware.
 */
export type BackupClient = { [M in Method as PathWith<M> extends never ? never : Uppercase<M>]: CallOf<M> } & Pick<
  Client<paths>,
  'use' | 'eject'
>;

/**
 * Makes a client. Each is its own: two of them share nothing, so two credentials never meet.
 *
 * Every attempt of a request gets the headers Authorization, X-User-Id and X-Date. The client learns the server's
 * clock from its answers, so X-Date is right on a machine whose clock is not; in a browser only where the provider's
 * CORS exposes the header Date. A refused token is renewed once, where it came from a function. Redirects are refused.
 *
 * @throws TypeError when an option cannot be right.
 */
export function createBackupClient(options: BackupClientOptions): BackupClient {
  const send = createSender(options);
  const inner = createClient<paths>({ baseUrl: checkedBaseUrl(options.baseUrl, options.allowInsecure) });

  // Only a middleware needs a true Request, and the Response made anew; both take longer than all else in a call.
  let hasMiddleware = false;

  const methodOf =
    (method: string) =>
    // Named one by one: nothing else that openapi-fetch would take may pass by this client.
    async (path: string, init: CallInit<unknown> = {}): Promise<Answer<unknown>> => {
      const { params, body, headers, signal, timeoutMs = options.timeoutMs ?? defaultTimeoutMs } = init;
      check(timeoutMs > 0 && timeoutMs < tooLongMs, 'timeoutMs must be above 0 and below 2^31');
      check(!signal || signal.throwIfAborted, 'signal must be an AbortSignal');
      const [operation = path, hasData = false] = operationsByMethod[method]?.[path] ?? [];
      const isPlain = !hasMiddleware;
      let sent: Sent | undefined;
      const call = {
        params,
        body,
        headers,
        // Not the signal: a Request holds on to it until it is collected, thousands of them where it lives long.
        parseAs: isPlain ? 'stream' : 'json',
        Request: isPlain ? PlainRequest : Request,
        async fetch(made: PlainRequest | Request) {
          const { method, url } = made;
          const request =
            made instanceof PlainRequest
              ? made
              : // A copy: the credential is none of a middleware's business.
                { method, url, headers: new Headers(made.headers), body: await made.text() };
          sent = await send({ request, signal, operation, path, hasData, timeoutMs });
          return isPlain && sent.response.ok ? sent.response : new Response(sent.text, sent.response);
        },
      };
      const { data, error, response }: Parsed = await inner.request(method as 'post', path as never, call as never);
      operationOf.set(response, operation);
      // Where a middleware answered there may be nothing at all, and that is no success.
      const envelope = (response === sent?.response ? sent.envelope : data || error) || {
        code: response.status,
        msg: '',
      };
      return isSuccess(response, envelope) ? { data: envelope, response } : { error: envelope, response };
    };

  const { eject } = inner;
  const use: typeof inner.use = (...middleware) => {
    inner.use(...middleware);
    hasMiddleware = true;
  };
  const calls = Object.keys(operationsByMethod).map((method) => [method, methodOf(method)]);
  return { ...Object.fromEntries(calls), use, eject } as BackupClient;
}

/** What openapi-fetch makes where nobody needs a true Request. */
class PlainRequest implements UnauthorizedRequest {
  declare readonly url: string;
  declare readonly method: string;
  declare readonly headers: Headers;
  declare readonly body: string | undefined;

  constructor(url: string, init: object) {
    Object.assign(this, init, { url });
  }
}

/** What openapi-fetch makes of a response, before the envelope is judged. */
interface Parsed {
  data?: Refusal;
  error?: Refusal;
  response: Response;
}
