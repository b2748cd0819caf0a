import type { IncomingMessage } from 'node:http';

/** What came of reading a body; `interrupted` if the client went away before it had sent all. */
export type ReadBody = Buffer | 'too large' | 'interrupted';

/**
 * Reads a body. Never rejects.
 *
 * @param mostBytes The largest body that is kept, in bytes.
 */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve('too large');
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve('interrupted'));
  });
}

/** Whether a request announces a body that is larger than `mostBytes`. */
export const announcesMore = ({ headers }: IncomingMessage, mostBytes: number): boolean =>
  Number(headers['content-length'] ?? 0) > mostBytes;

/** Whether a request has a body, of which something may still be on its way. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads a body and drops it, for a client that reads its answer only after it has sent all. Ends the connection of one
 * that sends more than `mostBytes`.
 */
export function discardBody(request: IncomingMessage, mostBytes: number): void {
  let bytes = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) request.socket.destroy();
  });
}
