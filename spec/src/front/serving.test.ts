import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { answerOnSocket, cannotListen, checkHost, checkPort, typedPort, unreadable, urlOf } from './serving.ts';

async function startRefusing(): Promise<string> {
  const server = createServer({ requestTimeout: 500, headersTimeout: 500, connectionsCheckingInterval: 50 });
  server.on('clientError', (error, socket) => {
    const { status, msg } = unreadable(error);
    answerOnSocket(socket, { status, headers: { allow: 'GET' }, text: JSON.stringify({ msg }) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return urlOf(server);
}

async function answerTo(bytes: string): Promise<{ head: string; body: unknown }> {
  const { hostname, port } = new URL(await startRefusing());
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
}

it.each([
  ['not finished', 'POST / HTTP/1.1\r\n', '408 Request Timeout', 'Request timeout'],
  [
    'with half a body',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{',
    '408 Request Timeout',
    'Request timeout',
  ],
  [
    'with headers that are too large',
    `GET / HTTP/1.1\r\nA: ${'x'.repeat(70_000)}`,
    '431 Request Header Fields Too Large',
    'Header overflow',
  ],
  ['that is not HTTP', 'hello\r\n\r\n', '400 Bad Request', 'Invalid method encountered'],
])('a request %s is refused with the reason, and its connection is closed', async (_, bytes, status, reason) => {
  const { head, body } = await answerTo(bytes);
  const msg = `request is not readable: ${reason}`;
  expect(body).toEqual({ msg });
  const length = JSON.stringify({ msg }).length;
  const [start, ...headers] = head.split('\r\n');
  expect(start).toBe(`HTTP/1.1 ${status}`);
  const date = expect.stringMatching(/^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  expect(headers).toEqual(['allow: GET', date, `content-length: ${length}`, 'connection: close']);
});

describe('a refusal on a socket', () => {
  const refusal = { status: 400, headers: {}, text: '{}' };
  const openSocket = (): Duplex => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is not written if the client has gone', () => {
    const gone = openSocket().end();
    expect(answerOnSocket(gone, refusal)).toBe(false);
  });

  it('closes the connection of a client that does not stop sending', () => {
    const socket = openSocket();
    expect(answerOnSocket(socket, refusal)).toBe(true);
    vi.advanceTimersByTime(499);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
  });

  it('leaves no timer behind when the client closes the connection', async () => {
    const socket = openSocket();
    answerOnSocket(socket, refusal);
    socket.destroy();
    await once(socket, 'close');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('survives a connection that breaks', () => {
    const socket = openSocket();
    answerOnSocket(socket, refusal);
    socket.emit('error', new Error('reset'));
    expect(socket.destroyed).toBe(true);
  });
});

it.each([0, 1, 65_535])('accepts the port %i', (port) => {
  expect(() => checkPort('port', port)).not.toThrow();
  expect(typedPort(String(port))).toBe(port);
});

it.each([-1, 65_536, 1.5, Number.NaN, '80', '', null, undefined, {}, true])('refuses the port %j', (port) => {
  expect(() => checkPort('--port', port)).toThrow(TypeError);
  expect(() => checkPort('--port', port)).toThrow(/^--port must be a number from 0 to 65535, not /);
});

it.each(['', '-1', ' 1', '0x10', '1e3', 'x'])('does not convert %j, which is not a port', (typed) => {
  expect(typedPort(typed)).toBe(typed);
});

it.each(['localhost', '::1'])('accepts the host %s', (host) => {
  expect(() => checkHost('host', host)).not.toThrow();
});

it.each(['', 1, null, undefined, []])('refuses the host %j', (host) => {
  expect(() => checkHost('host', host)).toThrow(TypeError);
  expect(() => checkHost('host', host)).toThrow(/^host must be a name or an address, not /);
});

it('writes IPv6 addresses in URLs in brackets', async () => {
  const server = createServer().listen(0, '::1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(urlOf(server)).toMatch(/^http:\/\/\[::1\]:\d+$/);
});

it('says why a server cannot listen, in plain words if the port is taken', () => {
  const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
  expect(cannotListen(taken, 'a', 1)).toMatchObject({
    message: 'cannot listen on a, port 1: the port is taken',
    cause: taken,
  });
  expect(cannotListen(new Error('other'), 'a', 1).message).toBe('cannot listen on a, port 1: other');
});
