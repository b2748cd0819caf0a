import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import document from '../../dist/openapi.json' with { type: 'json' };
import { readContract } from '../contract.ts';
import { createRefuse, jsonAnswer } from './answer.ts';
import { createFront, maxBodyBytes, type OnAnswer } from './front.ts';
import { urlOf } from './serving.ts';

const path = '/koodrive/ose/v1/backup/lock';
const body = JSON.stringify({ moduleCode: '101' });
const contract = readContract(document);
const refuse = createRefuse(document);

/** The user for each value of Authorization. To judge the value `later`, the provider needs the body. */
const credentials: Record<string, string> = { now: 'user', later: 'user' };
const told: Parameters<OnAnswer>[0][] = [];
let server: Server;
beforeEach(async () => {
  told.length = 0;
  ({ server } = createFront<string>({
    contract,
    refuse,
    headersTimeoutMs: 10_000,
    keepAliveTimeoutMs: 10_000,
    onAnswer: (answer) => told.push(answer),
    provider: {
      async authenticate({ request: { headers } }) {
        const { authorization = '' } = headers;
        const caller = credentials[authorization];
        const known = caller === undefined ? { refusal: 'unknown' } : { caller };
        if (authorization !== 'later') return known;
        return async (bytes) =>
          `${bytes}`.includes('forged') ? { refusal: 'forged', reason: 'forged, or changed on the way' } : known;
      },
      async answer({ values, caller }) {
        if (values.header['X-User-Id'] === 'broken') throw new Error('no store');
        return jsonAnswer(200, { caller, body: values.body });
      },
      failed: () => refuse(500, 'failed'),
    },
  }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

interface Sent {
  start?: string;
  host?: string[];
  authorization?: string;
  headers?: string[];
  body?: string;
}

/** Sends the whole request before it reads anything, as simple clients do. */
async function send({
  start = `POST ${path} HTTP/1.1`,
  host = ['Host: a'],
  authorization = 'now',
  headers = [],
  body: bytes = body,
}: Sent = {}): Promise<{ status: number; body: unknown; head: string }> {
  const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1').pause();
  const needed = ['X-User-Id: 1', 'X-Date: 20251103T070140Z'].filter(
    (line) => !headers.some((other) => other.startsWith(line.split(':')[0] ?? '')),
  );
  const lines = [start, ...host, `Authorization: ${authorization}`, 'Connection: close', ...needed, ...headers];
  const length = headers.some((line) => line.startsWith('Transfer-Encoding'))
    ? []
    : [`Content-Length: ${Buffer.byteLength(bytes)}`];
  const head = [...lines, ...length].join('\r\n');
  await new Promise((resolve) => socket.write(`${head}\r\n\r\n${bytes}`, resolve));
  const answer = await text(socket);
  const [answerHead = '', answerBody = ''] = answer.split('\r\n\r\n');
  return { status: Number(answerHead.split(' ')[1]), body: JSON.parse(answerBody), head: answerHead };
}

const huge = JSON.stringify({ moduleCode: '101', more: 'x'.repeat(20 * maxBodyBytes) });

describe('a request', () => {
  it('that follows the contract is handed to the provider', async () => {
    expect(await send()).toMatchObject({ status: 200, body: { caller: 'user', body: { moduleCode: '101' } } });
    expect(await send({ authorization: 'later' })).toMatchObject({ status: 200 });
    const expected = {
      operation: 'createBackupLock',
      method: 'POST',
      status: 200,
      caller: 'user',
      address: '127.0.0.1',
      receivedBytes: body.length,
      sentBytes: JSON.stringify({ caller: 'user', body: { moduleCode: '101' } }).length,
    };
    await expect.poll(() => told).toMatchObject([expected, expected]);
    expect(told[0]).not.toHaveProperty('reason');
  });

  it('has its X-traceid or a new id, in the answer and in the call of onAnswer', async () => {
    const traceId = '78e41c7edb024d5585b38153e4fefd2e-20251103T070140752Z-00001';
    const idOf = (head: string): string | undefined => /^x-request-id: (.*)$/im.exec(head)?.[1];
    expect(idOf((await send({ headers: [`X-traceid: ${traceId}`] })).head)).toBe(traceId);
    const ids = [traceId];
    for (const headers of [
      [],
      [`X-traceid: ${'x'.repeat(129)}`],
      ['X-traceid: a b'],
      ['X-traceid: a', 'X-traceid: b'],
    ]) {
      const id = idOf((await send({ headers })).head) ?? '';
      expect(id).toMatch(/^[\da-f-]{36}$/);
      ids.push(id);
    }
    await expect.poll(() => told.map(({ requestId }) => requestId)).toEqual(ids);
  });

  // Each request also has a fault that is refused later, so that the table tests the order of the refusals.
  it.each<[number, string, Sent]>([
    [400, 'path must be a path, percent-encoded in UTF-8', { start: 'POST /%zz HTTP/1.1', host: [] }],
    [400, 'header.Host must be sent once', { start: 'POST /none HTTP/1.1', host: [] }],
    [404, 'path /none is not in the contract', { start: 'PUT /none HTTP/1.1', headers: ['Expect: a'] }],
    [405, `method PUT is not in the contract for ${path}`, { start: `PUT ${path} HTTP/1.1`, headers: ['Expect: a'] }],
    [
      501,
      'header.Transfer-Encoding must be chunked',
      { headers: ['Expect: a', 'Transfer-Encoding: gzip, chunked'], body: '0\r\n\r\n' },
    ],
    [417, 'header.Expect must be 100-continue', { authorization: 'none', headers: ['Expect: a'], body: huge }],
    [401, 'unknown', { authorization: 'none', body: huge }],
    [413, 'body must not be larger than 1048576 bytes', { authorization: 'later', body: huge }],
    [401, 'forged', { authorization: 'later', headers: ['Content-Type: text/plain'], body: 'forged' }],
    [415, 'header.Content-Type must be application/json, in UTF-8', { headers: ['Content-Type: a'], body: '{' }],
    [400, 'body is missing', { headers: ['Content-Type: a', 'Content-Encoding: gzip'], body: '' }],
    [400, 'header.X-Date must match', { headers: ['X-Date: now'], body: '{' }],
  ])('is refused with %i: %s', async (status, msg, sent) => {
    const answer = await send(sent);
    expect(answer.status).toBe(status);
    expect((answer.body as { msg: string }).msg).toContain(msg);
    expect(/^www-authenticate: Bearer, HMAC-SHA256$/m.test(answer.head)).toBe(status === 401);
    expect(answer.head).toMatch(/^Date: /im);
    expect(answer.head).toMatch(/^x-request-id: /im);
    const reason = msg === 'forged' ? 'forged, or changed on the way' : expect.stringContaining(msg);
    await expect.poll(() => told).toMatchObject([{ status, reason }]);
  });

  it('gets its refusal after its whole body was sent, whether its length is known or not', async () => {
    const chunk = `${(20 * maxBodyBytes).toString(16)}\r\n${'x'.repeat(20 * maxBodyBytes)}\r\n0\r\n\r\n`;
    for (const [start, status] of [
      ['POST /none HTTP/1.1', 404],
      [`POST ${path} HTTP/1.1`, 413],
    ] as const) {
      expect((await send({ start, body: huge })).status).toBe(status);
      const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1').pause();
      const head = [start, 'Host: a', 'Authorization: now', 'Connection: close', 'Transfer-Encoding: chunked'];
      await new Promise((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n${chunk}`, resolve));
      expect(await text(socket)).toContain(`HTTP/1.1 ${status} `);
    }
  });

  it('with an endless body is cut off after 32 MB', async () => {
    const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1').pause();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const head = ['POST /none HTTP/1.1', 'Host: a', `Content-Length: ${2 ** 40}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const more = (): void => void (socket.writable && socket.write('x'.repeat(maxBodyBytes), more));
    more();
    socket.resume();
    await closed;
  });

  it('gets an answer if the provider fails, and onAnswer gets the error', async () => {
    expect(await send({ headers: ['X-User-Id: broken'] })).toMatchObject({ status: 500, body: { msg: 'failed' } });
    await expect.poll(() => told).toMatchObject([{ status: 500, error: new Error('no store') }]);
  });
});

it('still answers on open connections when it closes, and says that it then closes them', async () => {
  server.prependOnceListener('request', () => server.close());
  const socket = connect(Number(new URL(urlOf(server)).port), '127.0.0.1');
  socket.write('POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  expect((await text(socket)).toLowerCase()).toContain('connection: close');
});
