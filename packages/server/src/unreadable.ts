import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { mediaType } from '@koodrive-backup/spec/operations';
import { type Refusal, refusal } from './refusal.ts';

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** How long a client that is still sending may take to read its refusal, in milliseconds. */
const lingerMs = 500;

/** The refusal of what node:http cannot read as a request. */
export function unreadable({ code = '' }: Error & { code?: string }): Refusal {
  const status = statuses[code] ?? 400;
  return refusal(status, `request is not readable: ${STATUS_CODES[status]}`);
}

/** Writes a refusal to a connection that node:http no longer reads, and ends it. */
export function refuseOnSocket(socket: Duplex, { status, envelope, headers = {} }: Refusal): void {
  const body = JSON.stringify(envelope);
  const all = {
    ...headers,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  // Closing with input unread would reset the connection before the answer is read.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
