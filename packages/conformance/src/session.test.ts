import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it, onTestFinished } from 'vitest';
import type { Call } from './call.ts';
import { createClock } from './clock.ts';
import { readContract } from './contract.ts';
import { createSession, type Session, type SessionOptions } from './session.ts';

const contract = await readContract(document);
const operation = contract.operations.find(({ id }) => id === 'listBoundDevice');

async function session(listener: RequestListener, options: Partial<SessionOptions> = {}): Promise<Session> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made = createSession({
    baseUrl: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`),
    identity: { userId: '7', token: 'secret' },
    refusal: 'status',
    deadlineMs: 300,
    maxRequests: 100,
    rate: Number.POSITIVE_INFINITY,
    clock: createClock(),
    signal: undefined,
    onExchange: () => {},
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

it('sends again what was answered with 429, as late as Retry-After asks', async () => {
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

it('takes a Retry-After that is a date, of a 503 too, and sends nothing else meanwhile', async () => {
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
    { onAttempt: ({ number, answer }) => attempts.push([number, answer?.status]) },
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

it('asks no more than four times of a provider that always asks for patience', async () => {
  let count = 0;
  const { send } = await session((_, response) => {
    count += 1;
    response.writeHead(429, { 'retry-after': '0' }).end('{"code":429,"msg":"later"}');
  });
  expect((await send(call())).judgement.verdict).toBe('refused');
  expect(count).toBe(4);
});

it('waits no longer when it is interrupted', async () => {
  const interruption = new AbortController();
  const { send } = await session((_, response) => void response.writeHead(429, { 'retry-after': '30' }).end('{}'), {
    signal: interruption.signal,
    onAttempt: () => interruption.abort(),
  });
  const start = performance.now();
  await expect(send(call())).rejects.toThrow('the run was interrupted');
  expect(performance.now() - start).toBeLessThan(5000);
});

it('sends no faster than it may', async () => {
  const { send } = await session((_, response) => response.end(empty), { rate: 50 });
  const start = performance.now();
  await Promise.all(Array.from({ length: 11 }, () => send(call())));
  expect(performance.now() - start).toBeGreaterThan(190);
});

it('keeps a path in front of the paths of the contract, and a header that is sent twice', async () => {
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
  const { send } = await session((request, response) => {
    response.write('{');
    if (request.url?.endsWith('?cut=')) setTimeout(() => request.socket.destroy(), 10);
  });
  expect((await send(call())).failure?.message).toBe('no whole answer within 300 ms');
  expect((await send({ ...call(), query: [['cut', '']] })).failure?.message).toMatch(/cut off|no answer/);
});

it('sends no more to an operation that has left three requests without an answer', async () => {
  let count = 0;
  const { send } = await session(
    () => {
      count += 1;
    },
    { deadlineMs: 30 },
  );
  for (let i = 0; i < 3; i += 1) await send(call());
  await expect(send(call())).rejects.toThrow('listBoundDevice did not answer 3 times');
  expect(count).toBe(3);
});

it('sends again what met a connection that had been closed for being idle, but not on a new connection', async () => {
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

it('knows a body on which the provider has closed the connection for its size', async () => {
  const { send } = await session((request) => void request.socket.destroy());
  const { failure } = await send({ ...call(), method: 'POST', body: Buffer.alloc(5_000_000) });
  expect(failure).toMatchObject({ isTooLarge: true, isUnreachable: false });
  expect((await send({ ...call(), method: 'POST', body: Buffer.alloc(5) })).failure).toMatchObject({
    isTooLarge: false,
  });
});

it('refuses to send more than the limit, but to clean up', async () => {
  const made = await session((_, response) => response.end(empty), { maxRequests: 1 });
  await made.send(call());
  expect(made.isCutShort).toBe(false);
  await expect(made.send(call())).rejects.toThrow('the limit of 1 requests was reached');
  expect(made.isCutShort).toBe(true);
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
