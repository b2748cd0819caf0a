import { deepEqual, equal, fail, ok } from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { setImmediate as setImmediatePromise, setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { inspect } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Handler, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { type CallInit, type Connection, type Outcome, path, type Tool } from './tool.ts';

/** Runs a tool against a provider, and throws if the tool does not show the behaviour. */
export type Case = (tool: Tool) => Promise<void>;

const { examples, parameters } = contract.components;
const created = examples.CreateBackupRecordResponse.value;
const userId = parameters.UserId.example;
const init: CallInit = {
  lockId: parameters.BackupLockId.example,
  body: examples.CreateBackupRecordRequest.value,
};
const secretToken = 'a-token-of-some-length';
const minute = 60_000;

const create: Handler = (response) => answer(response, 200, created);
const refuse =
  (status: number): Handler =>
  (response) =>
    answer(response, status, { code: 13000201, msg: 'failed' });

/** Starts a provider with the handler, runs `work` with it, and closes it. */
async function withProvider<T>(handler: Handler, work: (provider: Provider) => Promise<T>): Promise<T> {
  const provider = await startProvider(handler);
  try {
    return await work(provider);
  } finally {
    await provider.close();
  }
}

const connectionTo = (baseUrl: string, changes: Partial<Connection> = {}): Connection => ({
  baseUrl,
  userId,
  token: async () => secretToken,
  fetch: globalThis.fetch,
  ...changes,
});

/** Makes one call to a provider with the handler. */
const callOf = (tool: Tool, handler: Handler, changes: Partial<Connection> = {}) =>
  withProvider(handler, async ({ url, seen }) => {
    const outcome = await tool.outcomeOf(tool.connect(connectionTo(url, changes))(init));
    return { outcome, seen };
  });

function isRecord(outcome: Outcome): void {
  ok('data' in outcome, `an error: ${inspect(outcome)}`);
  deepEqual(outcome.data, created.data);
}

function errorIn(outcome: Outcome): Extract<Outcome, { error: unknown }> {
  ok('error' in outcome, `no error, but ${inspect(outcome)}`);
  return outcome;
}

const isErrorAfter =
  (status: number, body: unknown): Case =>
  async (tool) =>
    void errorIn((await callOf(tool, (response) => answer(response, status, body))).outcome);

/** Expects an error that has the status of the answer and is not the SyntaxError of JSON.parse. */
const isParseErrorAfter =
  (status: number, body: string, type = 'text/html'): Case =>
  async (tool) => {
    const handler: Handler = (response) => answer(response, status, body, { 'content-type': type });
    const { error, ...said } = errorIn((await callOf(tool, handler)).outcome);
    ok(error instanceof Error && !(error instanceof SyntaxError), `not typed: ${inspect(error)}`);
    equal(said.status, status);
  };

/**
 * Expects success from a provider whose clock is `aheadMs` ahead of this machine's. It refuses an X-Date that is in its
 * future, or 15 minutes old.
 */
const worksWithClockAhead =
  (aheadMs: number): Case =>
  async (tool) => {
    const { outcome } = await callOf(tool, (response, _count, { headers }) => {
      const now = Date.now() + aheadMs;
      const xDate = `${headers['x-date']}`.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5');
      const age = now - Date.parse(xDate);
      const date = { date: new Date(now).toUTCString() };
      if (age >= 0 && age < 15 * minute) answer(response, 200, created, date);
      else answer(response, 401, { code: 401, msg: 'X-Date' }, date);
    });
    isRecord(outcome);
  };

const isSentAgainAfter =
  (status: number): Case =>
  async (tool) => {
    const { outcome, seen } = await callOf(tool, (response, count, request) =>
      count > 1 ? create(response, count, request) : answer(response, status, '', { 'retry-after': '1' }),
    );
    isRecord(outcome);
    const [first, second] = seen;
    // Not 1000, because timers may fire a little early.
    ok(first && second && second.at - first.at > 990, 'sent again too early');
  };

// Less than five minutes, after which Node's own fetch gives up.
const patienceMs = 4 * minute;

/** Runs `work` while every new timer fires a thousand times sooner. */
async function atThousandfoldSpeed(work: (patience: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const { setTimeout } = globalThis;
  const { timeout } = AbortSignal;
  const faster = (ms = 0): number => Math.ceil(ms / 1000);
  globalThis.setTimeout = Object.assign(
    // Passes the arguments on, because fetch sets timers that need theirs.
    (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      setTimeout(callback, faster(ms), ...args),
    setTimeout,
  ) as typeof setTimeout;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, faster(ms));
  try {
    await work(async () => {
      await new Promise((resolve) => setTimeout(resolve, faster(patienceMs)));
      // If this process stalled, the call's own timer fires in the same turn, and its error needs some more turns.
      for (let turn = 0; turn < 100; turn++) await setImmediatePromise();
    });
  } finally {
    Object.assign(globalThis, { setTimeout });
    AbortSignal.timeout = timeout;
  }
}

/** Calls a provider that never completes an answer, and expects an error. Aborts a call that does not end by itself. */
const hangingCall = (
  tool: Tool,
  handler: Handler,
  patience: () => Promise<unknown>,
  controller: AbortController = new AbortController(),
): Promise<void> =>
  withProvider(handler, async ({ url }) => {
    const call = tool.outcomeOf(tool.connect(connectionTo(url))({ ...init, signal: controller.signal }));
    const outcome = await Promise.race([call, patience().then(() => undefined)]);
    controller.abort();
    if (!outcome) fail('the call did not end');
    errorIn(outcome);
  });

const timesOutAfter =
  (handler: Handler): Case =>
  (tool) =>
    atThousandfoldSpeed((patience) => hangingCall(tool, handler, patience));

const endsAtAbortAfter =
  (handler: Handler): Case =>
  async (tool) => {
    const controller = new AbortController();
    const abortSoon: Handler = (...request) => {
      handler(...request);
      setTimeout(() => controller.abort(), 20);
    };
    // Long, because only a tool that ignores the signal reaches this limit.
    await hangingCall(tool, abortSoon, () => setTimeoutPromise(60_000, undefined, { ref: false }), controller);
  };

const noHeaders: Handler = () => undefined;
const halfABody: Handler = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{');

// 2^53 + 1, which a JavaScript number cannot hold.
const exactDigits = '9007199254740993';
const keepsDigits =
  (json: string, read: (record: Record<string, unknown>) => unknown): Case =>
  async (tool) => {
    const { outcome } = await callOf(tool, (response) =>
      answer(response, 200, json, { 'content-type': 'application/json' }),
    );
    ok('data' in outcome, 'an error');
    equal(`${read(outcome.data as Record<string, unknown>)}`, exactDigits);
  };

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** The behaviours that this project's client promises, each with its cases. */
export const behaviours: Record<string, Record<string, Case>> = {
  Result: {
    'a refusal with status 200 is an error': isErrorAfter(200, { code: 13000309, msg: 'no such device' }),
    'an empty 500 is an error': isErrorAfter(500, ''),
    'a success without its data is an error': isErrorAfter(200, { code: 0, msg: 'success' }),
  },
  Errors: {
    'the error of a refusal has status, code and msg': async (tool) => {
      const { status, code, msg } = errorIn((await callOf(tool, refuse(400))).outcome);
      deepEqual({ status, code, msg }, { status: 400, code: 13000201, msg: 'failed' });
    },
    'the error of a refusal names the operation': async (tool) =>
      equal(errorIn((await callOf(tool, refuse(400))).outcome).operation, 'createBackupRecord'),
    'HTML with status 200 is a typed error': isParseErrorAfter(200, '<html>signed in</html>'),
    'HTML with status 502 is a typed error': isParseErrorAfter(502, '<html>bad gateway</html>'),
    'broken JSON with status 200 is a typed error': isParseErrorAfter(200, '{"code":0,', 'application/json'),
    'broken JSON with status 400 is a typed error': isParseErrorAfter(400, '{"code":1,', 'application/json'),
    'an error in a log shows no token': async (tool) => {
      const { outcome } = await callOf(tool, (response, _count, { headers }) =>
        answer(response, 400, { code: 13000102, msg: `bad: ${headers.authorization}` }),
      );
      ok(!inspect(errorIn(outcome).error).includes(secretToken), 'it shows the token');
    },
    'a network error keeps its cause': async (tool) => {
      const { error } = errorIn((await callOf(tool, (response) => response.socket?.resetAndDestroy())).outcome);
      ok(error instanceof Error && error.cause instanceof Error);
    },
  },
  Authentication: {
    'ten calls at once get one token together': (tool) =>
      withProvider(create, async ({ url }) => {
        let count = 0;
        const token = async (): Promise<string> => `${secretToken}${++count}`;
        const call = tool.connect(connectionTo(url, { token }));
        await Promise.all(Array.from({ length: 10 }, () => call(init)));
        equal(count, 1);
      }),
    'a 401 gets a new token and sends the request again': async (tool) => {
      let count = 0;
      const token = async (): Promise<string> => `${secretToken}${++count}`;
      const handler: Handler = (...request) => (request[1] > 1 ? create : refuse(401))(...request);
      const { outcome, seen } = await callOf(tool, handler, { token });
      isRecord(outcome);
      deepEqual(
        seen.map(({ headers }) => headers.authorization),
        [`Bearer+${secretToken}1`, `Bearer+${secretToken}2`],
      );
    },
    'an app signature covers the bytes that are sent': (tool) =>
      withProvider(create, async ({ url, seen }) => {
        const app = { appId: 'an-app', appSecret: 'a-secret' };
        const connection = connectionTo(url);
        const call = tool.connectSigned?.(connection, app) ?? tool.connect(connection);
        await call({ ...init, body: { ...init.body, properties: '{"album":"été 🌊"}' } });
        const [request] = seen;
        if (!request) fail('nothing was sent');
        const { host, authorization, 'x-date': date, 'x-user-id': user } = request.headers;
        const signed = [`host:${host}`, `x-date:${date}`, `x-user-id:${user}`, '', 'host;x-date;x-user-id'];
        const canonical = ['POST', `${path}/`, '', ...signed, sha256(request.body)].join('\n');
        const signature = createHmac('sha256', app.appSecret)
          .update(`HMAC-SHA256\n${sha256(canonical)}`)
          .digest('hex');
        equal(authorization, `HMAC-SHA256 AppId=an-app,SignedHeaders=host;x-date;x-user-id,Signature=${signature}`);
      }),
  },
  Clock: {
    'a machine half a minute ahead works': worksWithClockAhead(-minute / 2),
    'a machine five hours ahead works': worksWithClockAhead(-300 * minute),
    'a machine five hours behind works': worksWithClockAhead(300 * minute),
  },
  Retry: {
    'after a 429 the request is sent again when Retry-After has passed': isSentAgainAfter(429),
    'after a 503 the request is sent again when Retry-After has passed': isSentAgainAfter(503),
    'after a 500 the request is not sent again': async (tool) => {
      const { seen } = await callOf(tool, refuse(500));
      equal(seen.length, 1);
    },
    'after a refused connection the request is sent again': async (tool) => {
      const nobody = await startProvider(create);
      await nobody.close();
      let provider: Provider | undefined;
      const fetch = async (...args: Parameters<typeof globalThis.fetch>): Promise<Response> => {
        try {
          return await globalThis.fetch(...args);
        } catch (error) {
          provider ??= await startProvider(create, nobody.port);
          throw error;
        }
      };
      try {
        isRecord(await tool.outcomeOf(tool.connect(connectionTo(nobody.url, { fetch }))(init)));
      } finally {
        await provider?.close();
      }
    },
  },
  'Timeouts and abort': {
    'slow headers time out': timesOutAfter(noHeaders),
    'a slow body times out': timesOutAfter(halfABody),
    'an abort ends a call that waits for headers': endsAtAbortAfter(noHeaders),
    'an abort ends a call that reads the body': endsAtAbortAfter(halfABody),
  },
  '64-bit integers': {
    'an identifier that is a JSON number keeps its digits': keepsDigits(
      JSON.stringify(created).replace(/"recordId":"\d+"/, `"recordId":${exactDigits}`),
      ({ recordId }) => recordId,
    ),
    'an integer deeper in the record keeps its digits': keepsDigits(
      JSON.stringify({ ...created, data: { ...created.data, deviceInfo: { deviceId: 0 } } }).replace(
        '"deviceId":0',
        `"deviceId":${exactDigits}`,
      ),
      ({ deviceInfo }) => Object(deviceInfo).deviceId,
    ),
  },
};

/**
 * Checks that a tool makes the call that the contract describes, so that a case can fail only for its own reason.
 *
 * @throws AssertionError if it does not.
 */
export const makesTheCall: Case = async (tool) => {
  const { outcome, seen } = await callOf(tool, create);
  isRecord(outcome);
  const [request] = seen;
  if (!request) fail('nothing was sent');
  const { headers, method, url, body } = request;
  deepEqual({ method, url, body: JSON.parse(`${body}`) }, { method: 'POST', url: path, body: init.body });
  equal(headers.authorization, `Bearer+${secretToken}`);
  equal(headers['x-backup-lock-id'], init.lockId);
  equal(headers['x-user-id'], userId);
  ok(new RegExp(parameters.Date.schema.pattern).test(`${headers['x-date']}`));
};
