import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, refusal } from './refusal.ts';

/** How long a client that is still sending may take to read its refusal. */
const lingerMs = 500;

/** node:http's error for a request that it could not read. */
interface ClientError extends Error {
  code?: string;
}

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** Listens to `clientError` of a node:http server: what node:http refuses by itself gets the contract's error body too. */
export function refuseUnreadable(error: ClientError, socket: Duplex): void {
  const status = statuses[error.code ?? ''] ?? 400;
  refuseOnSocket(socket, refusal(status, `request is not readable: ${error.message.replace(/^Parse Error: /, '')}`));
}

/** Writes a refusal to a connection that node:http no longer reads, and ends it. */
export function refuseOnSocket(socket: Duplex, answer: Answer): void {
  // A client that sends on after its refusal fails again; one that has gone cannot be told.
  if (!socket.writable) return;
  socket.on('error', () => socket.destroy());
  socket.end(httpText(answer));
  // Closing at once, with input unread, would reset the connection before the client has read its answer.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
}

function httpText({ status, headers, body }: Answer): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${text}`;
}
