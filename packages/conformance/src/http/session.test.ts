import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { holdTimers } from '../../test/hold-timers.ts';
import type { Call } from '../requests/call.ts';
import { createClock } from './clock.ts';
import { createSession, type Session, type SessionOptions } from './session.ts';

const contract = readContract(document);
const operation = contract.operations.find(({ id }) => id === 'listBoundDevice');

async function session(listener: RequestListener, options: Partial<SessionOptions> = {}): Promise<Session> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made = createSession({
    baseUrl: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`),
    identity: { userId: '7', token: 'secret' },
    refusal: 'status',
    deadlineMs,
    maxRequests: 100,
    concurrency: 100,
    rate: Number.POSITIVE_INFINITY,
    clock: createClock(),
    signal: undefined,
    observers: [],
    ...options,
  });
  onTestFinished(() => {
    made.close();
    server.closeAllConnections();
    server.close();
  });
  return made;
}

function call(): Call {
  if (!operation) throw new Error('the contract has no listBoundDevice');
  const { method, path: template } = operation;
  return { operation, method, template, path: {}, query: [], headers: [], body: undefined };
}

const empty = '{"code":0,"msg":"success","data":[]}';

const deadlineMs = 60_000;

afterEach(() => void vi.useRealTimers());

/** Lets the deadline of every sent request pass. */
const passDeadline = (): void => void vi.advanceTimersByTime(deadlineMs);

it('sends a request again after a 429, when Retry-After has passed', async () => {
  const times: number[] = [];
  const { send } = await session((_, response) => {
    times.push(performance.now());
    if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end('{"code":429,"msg":"later"}');
    else response.end(empty);
  });
  expect((await send(call())).judgement.verdict).toBe('accepted');
  expect(times).toHaveLength(2);
  expect(Number(times[1]) - Number(times[0])).toBeGreaterThan(990);
});

it('accepts a Retry-After that is a date, also with a 503, and sends nothing else meanwhile', async () => {
  const times: number[] = [];
  const attempts: unknown[] = [];
  const { send } = await session(
    (_, response) => {
      times.push(Date.now());
      // A date counts whole seconds: the second after next is at least one away.
      const later = new Date((Math.floor(Date.now() / 1000) + 2) * 1000).toUTCString();
      if (times.length === 1) response.writeHead(503, { 'retry-after': later }).end();
      else response.end(empty);
    },
    { observers: [{ observe: ({ number, answer }) => attempts.push([number, answer?.status]), seesRepeated: true }] },
  );
  const first = send(call());
  while (attempts.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, send(call())]);
  expect(times).toHaveLength(3);
  for (const time of times.slice(1)) expect(time - Number(times[0])).toBeGreaterThan(990);
  expect(attempts).toEqual([
    [1, 503],
    [expect.any(Number), 200],
    [expect.any(Number), 200],
  ]);
});

it('sends a request at most four times if the provider always sends Retry-After', async () => {
  let count = 0;
  const { send } = await session((_, response) => {
    count += 1;
    response.writeHead(429, { 'retry-after': '0' }).end('{"code":429,"msg":"later"}');
  });
  expect((await send(call())).judgement.verdict).toBe('refused');
  expect(count).toBe(4);
});

it('stops waiting when it is interrupted', async () => {
  const interruption = new AbortController();
  let count = 0;
  const { send } = await session(
    (_, response) => {
      count += 1;
      response.writeHead(429, { 'retry-after': '60' }).end('{}');
    },
    { signal: interruption.signal, observers: [{ observe: () => interruption.abort(), seesRepeated: true }] },
  );
  await expect(send(call())).rejects.toThrow('the run was interrupted');
  // If it had waited, it would have sent the request again.
  expect(count).toBe(1);
});

it('waits a moment, after an interruption, for answers to requests that were sent before', async () => {
  holdTimers();
  const interruption = new AbortController();
  let first: (() => void) | undefined;
  const made = await session(
    (_, response) => {
      if (first) return interruption.abort();
      first = () => void response.end(empty);
    },
    { signal: interruption.signal, graceMs: 1000, observers: [{ observe: ({ number }) => seen.push(number) }] },
  );
  const seen: number[] = [];
  const [answered, abandoned] = [made.send(call()), made.send(call())];
  interruption.signal.addEventListener('abort', () => first?.());
  await expect(answered).resolves.toMatchObject({ judgement: { verdict: 'accepted' } });
  vi.advanceTimersByTime(1000);
  await expect(abandoned).rejects.toThrow('the run was interrupted');
  expect(seen).toEqual([1]);
  expect(made.abandoned).toHaveLength(1);
  expect(made.endedEarly).toBe('the run was interrupted');
  await expect(made.send(call())).rejects.toThrow('the run was interrupted');
});

it('ignores the rate while it cleans up after an interruption, even one during the clean-up', async () => {
  for (const isEarly of [true, false]) {
    const interruption = new AbortController();
    // An hour between requests: a clean-up at this rate would never end.
    const rate = 1 / 3600;
    const made = await session((_, response) => response.end(empty), { rate, signal: interruption.signal });
    await made.send(call());
    if (isEarly) interruption.abort();
    await made.lift();
    const cleaning = Promise.all(Array.from({ length: 30 }, () => made.send(call())));
    interruption.abort();
    expect(await cleaning).toHaveLength(30);
  }
});

it.each([
  ['does not answer', {}],
  ['sends Retry-After', { 'retry-after': '60' }],
])('ends the clean-up in a bounded time if the provider %s', async (_, headers) => {
  const made = await session((_, response) => 'retry-after' in headers && response.writeHead(503, headers).end(), {
    signal: AbortSignal.abort(),
    overMs: 100,
  });
  await made.lift();
  const cleaning = Array.from({ length: 20 }, () => made.send(call()));
  const outcomes = await Promise.allSettled(cleaning);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await expect(made.send(call())).rejects.toThrow('the run was interrupted');
});

it('ends the run if two requests in a row have no answer, and then one that was answered before', async () => {
  holdTimers();
  const seen: (string | undefined)[] = [];
  const exchanges: unknown[] = [];
  const made = await session(
    ({ url }, response) => {
      seen.push(url?.split('?')[1]);
      if (seen.length < 2) response.end(empty);
      else passDeadline();
    },
    { observers: [{ observe: ({ failure }) => exchanges.push(failure?.isTimeout) }] },
  );
  for (const name of ['first', 'second', 'third']) await made.send({ ...call(), query: [[name, '']] });
  expect(seen).toEqual(['first=', 'second=', 'third=', 'first=']);
  expect(exchanges).toEqual([undefined, true, true, true]);
  expect(made.lastUnanswered?.call.query).toEqual([['first', '']]);
  await expect(made.send(call())).rejects.toThrow('the provider has stopped answering: 3 requests in a row');
  await made.lift();
  await expect(made.send(call())).rejects.toThrow('the provider has stopped answering');
  expect(made.endedEarly).toContain('stopped answering');
});

it('continues if only some requests have no answer, even if many are sent at the same time', async () => {
  holdTimers();
  let hung = 0;
  const made = await session(({ url }, response) => {
    if (!url?.includes('hang')) return response.end(empty);
    hung += 1;
    // All requests are sent by now, or wait for a connection.
    return hung === 1 && passDeadline();
  });
  await made.send(call());
  await Promise.all(Array.from({ length: 40 }, () => made.send({ ...call(), query: [['hang', '']] })));
  expect(made.lastUnanswered).toBe(undefined);
  const other = { ...call(), operation: { ...call().operation, id: 'other' } };
  await expect(made.send(other)).resolves.toMatchObject({ judgement: { verdict: 'accepted' } });
});

it('keeps to the rate', async () => {
  const { send } = await session((_, response) => response.end(empty), { rate: 50 });
  const start = performance.now();
  await Promise.all(Array.from({ length: 11 }, () => send(call())));
  expect(performance.now() - start).toBeGreaterThan(190);
});

it('keeps the path of the base URL, and a header that is sent twice', async () => {
  const seen: unknown[] = [];
  const { send } = await session((request, response) => {
    seen.push(request.url, request.headersDistinct['x-date']);
    response.end(empty);
  });
  const headers = [['X-Date', 'a'] as const, ['X-Date', 'b'] as const];
  await send({ ...call(), headers });
  expect(seen).toEqual([`/prefix${operation?.path}`, ['a', 'b']]);
});

it('gives up on an answer that does not end in time, and on one that is cut off', async () => {
  const endless = await session((_, response) => void response.write('{'), { deadlineMs: 100 });
  expect((await endless.send(call())).failure?.message).toBe('no whole answer within 100 ms');
  const cut = await session((request, response) => {
    response.write('{');
    setTimeout(() => request.socket.destroy(), 10);
  });
  expect((await cut.send(call())).failure?.message).toMatch(/cut off|no answer/);
});

it('does not call an answer late that came in time while this process was blocked', async () => {
  const { send } = await session(
    (_, response) => response.end(empty, () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)),
    { deadlineMs: 100 },
  );
  expect((await send(call())).judgement.verdict).toBe('accepted');
});

it('stops sending to an operation after three requests without an answer', async () => {
  holdTimers();
  let count = 0;
  const { send } = await session(() => {
    count += 1;
    passDeadline();
  });
  for (let i = 0; i < 3; i += 1) await send(call());
  await expect(send(call())).rejects.toThrow('listBoundDevice did not answer 3 times');
  expect(count).toBe(3);
});

it('sends a request again if an idle connection was closed, but not if a new one was', async () => {
  let answered: unknown;
  let count = 0;
  const { send } = await session((request, response) => {
    count += 1;
    if (answered === request.socket || request.url?.endsWith('?reset=')) return void request.socket.destroy();
    answered = request.socket;
    response.end(empty);
  });
  await send(call());
  expect((await send(call())).judgement.verdict).toBe('accepted');
  expect(count).toBe(3);
  expect((await send({ ...call(), query: [['reset', '']] })).failure?.message).toMatch(/^no answer/);
});

it('recognizes that the provider closed the connection because of a large body', async () => {
  const { send } = await session((request) => void request.socket.destroy());
  const { failure } = await send({ ...call(), method: 'POST', body: Buffer.alloc(5_000_000) });
  expect(failure).toMatchObject({ isTooLarge: true, isUnreachable: false });
  expect((await send({ ...call(), method: 'POST', body: Buffer.alloc(5) })).failure).toMatchObject({
    isTooLarge: false,
  });
});

it('sends no more requests than the limit, except to clean up', async () => {
  const made = await session((_, response) => response.end(empty), { maxRequests: 1 });
  await made.send(call());
  expect(made.endedEarly).toBe(undefined);
  await expect(made.send(call())).rejects.toThrow('the limit of 1 requests was reached');
  expect(made.endedEarly).toBe('the run ended at its limit of requests');
  await made.lift();
  await expect(made.send(call())).resolves.toMatchObject({ judgement: { verdict: 'accepted' } });
});

it.each([
  [200, '{"code":7,"msg":"no"}', 'envelope', 'refused'],
  [200, '{"code":7,"msg":"no"}', 'either', 'refused'],
  [200, '{"code":7,"msg":"no"}', 'status', 'neither'],
  [400, '{"code":7,"msg":"no"}', 'status', 'refused'],
  [400, '{"code":7,"msg":"no"}', 'envelope', 'neither'],
  [400, '{"code":7,"msg":"no","data":null}', 'status', 'neither'],
  [400, '{"code":0,"msg":"no"}', 'status', 'neither'],
  [500, '{"code":7,"msg":"no"}', 'either', 'neither'],
  [200, '{"code":0,"msg":"success"}', 'either', 'neither'],
  [201, empty, 'either', 'neither'],
  [200, empty, 'either', 'accepted'],
] as const)('judges status %i with %s, told %s, as %s', async (status, body, refusal, verdict) => {
  const { send } = await session((_, response) => response.writeHead(status).end(body), { refusal });
  expect((await send(call())).judgement.verdict).toBe(verdict);
});
