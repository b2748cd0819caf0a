import { type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { Answer } from './answer.ts';

/**
 * Checks a TCP port, given by a command's user or by a program without types.
 *
 * @param name As whoever gave it writes it, such as `--port`.
 * @throws TypeError with a message for them.
 */
export function checkPort(name: string, port: unknown): asserts port is number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new TypeError(`${name} must be a number from 0 to 65535, not ${inspect(port)}`);
}

/**
 * Checks a name or address to listen on, as {@link checkPort} does a port.
 *
 * @throws TypeError with a message for whoever gave it.
 */
export function checkHost(name: string, host: unknown): asserts host is string {
  // Node takes an empty host for every interface of the machine.
  if (typeof host === 'string' && host !== '') return;
  throw new TypeError(`${name} must be a name or an address, not ${inspect(host)}`);
}

/** A port as it was typed; what is no number stays as it is, for {@link checkPort} to name. */
export const typedPort = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** The error of a server that cannot listen, for its user; its `cause` is the system's. */
export function cannotListen(cause: unknown, host: string, port: number): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === 'EADDRINUSE' ? 'the port is taken' : message;
  return new Error(`cannot listen on ${host}, port ${port}: ${reason}`, { cause });
}

/** The base URL of a server that listens on a TCP port, without a trailing slash. */
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
 * How to refuse what node:http cannot read as a request.
 *
 * @param error What it gives to the listeners of `clientError`.
 */
export function unreadable({ code = '', message }: Error & { code?: string }): { status: number; msg: string } {
  const msg = `request is not readable: ${message.replace('Parse Error: ', '')}`;
  return { status: statuses[code] ?? 400, msg };
}

/** How long a client that is still sending may take to read its refusal, in milliseconds. */
const lingerMs = 500;

/**
 * Writes an answer to a connection that node:http no longer reads, and ends it.
 *
 * @returns Whether there was anyone to tell: a client that sends on after its refusal fails again, and one may have gone.
 */
export function answerOnSocket(socket: Duplex, { status, headers, text }: Answer): boolean {
  if (!socket.writable) return false;
  const date = new Date().toUTCString();
  const all = { ...headers, date, 'content-length': Buffer.byteLength(text), connection: 'close' };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`);
  // Closing at once, with input unread, would reset the connection before the client has read its answer.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  return true;
}
