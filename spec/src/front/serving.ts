import { type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { Answer } from './answer.ts';

/**
 * Checks a TCP port from the user of a command, or from a program without types.
 *
 * @param name The name that the user or the program knows the port by, such as `--port`. The message contains it.
 * @throws TypeError if the port is not an integer from 0 to 65535.
 */
export function checkPort(name: string, port: unknown): asserts port is number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new TypeError(`${name} must be a number from 0 to 65535, not ${inspect(port)}`);
}

/**
 * Checks the name or address to listen on.
 *
 * @param name The name that the user or the program knows the host by, such as `--host`. The message contains it.
 * @throws TypeError if the host is not a string, or is empty.
 */
export function checkHost(name: string, host: unknown): asserts host is string {
  // An empty host is refused, because Node would listen on every interface of the machine.
  if (typeof host === 'string' && host !== '') return;
  throw new TypeError(`${name} must be a name or an address, not ${inspect(host)}`);
}

/** Converts a port from a command line to a number. Other text stays text, so that {@link checkPort} can show it. */
export const typedPort = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** Creates the error of a server that cannot listen, with a message for its user. Its `cause` is the system's error. */
export function cannotListen(cause: unknown, host: string, port: number): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === 'EADDRINUSE' ? 'the port is taken' : message;
  return new Error(`cannot listen on ${host}, port ${port}: ${reason}`, { cause });
}

/** Returns the base URL of a server that is listening on a TCP port, without a trailing slash. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Returns the status and the message of the refusal of a request that node:http cannot read.
 *
 * @param error The error of the event `clientError`.
 */
export function unreadable({ code = '', message }: Error & { code?: string }): { status: number; msg: string } {
  const msg = `request is not readable: ${message.replace('Parse Error: ', '')}`;
  return { status: statuses[code] ?? 400, msg };
}

/** Milliseconds the socket stays open after a refusal, so that a client that is still sending can read it. */
const lingerMs = 500;

/**
 * Writes an answer to a connection that node:http no longer reads, and ends it.
 *
 * @returns Whether the answer was written. It is not if the client has gone, or if the connection was already ended: if
 *   a client keeps sending after its refusal, node:http reports another error.
 */
export function answerOnSocket(socket: Duplex, { status, headers, text }: Answer): boolean {
  if (!socket.writable) return false;
  const date = new Date().toUTCString();
  const all = { ...headers, date, 'content-length': Buffer.byteLength(text), connection: 'close' };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`);
  // Keep reading for a moment: closing a socket with unread input resets the connection, and the client may lose its
  // answer.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  return true;
}
