import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { mediaType } from '@koodrive-backup/spec/operations';
import { refusal } from './refusal.ts';

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** How long a client that is still sending may take to read its refusal, in milliseconds. */
const lingerMs = 500;

/** Answers what node:http cannot read as a request, in the envelope too, and ends the connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const status = statuses[error.code ?? ''] ?? 400;
  const { envelope } = refusal(status, `request is not readable: ${STATUS_CODES[status]}`);
  const body = JSON.stringify(envelope);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${mediaType}\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.on('error', () => socket.destroy());
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
  // Closing with input unread would reset the connection before the answer is read.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
