import type { IncomingMessage } from 'node:http';
import type { Claim } from './shared-limit.ts';

/**
 * The outcome of reading a body. `interrupted`: the client disconnected before it had sent the whole body. `gave way`:
 * other requests needed the memory.
 */
export type ReadBody = Buffer | 'too large' | 'interrupted' | 'gave way';

const nothing = Buffer.alloc(0);

/**
 * Reads a body. Never rejects.
 *
 * @param mostBytes The largest body to accept, in bytes.
 * @param claim Counts the memory. After the body was read, the claim cannot give way, and the caller has to free it.
 */
export function readBody(request: IncomingMessage, mostBytes: number, claim: Claim): Promise<ReadBody> {
  return new Promise((resolve) => {
    let kept: Buffer | undefined = nothing;
    let length = 0;
    function stop(outcome: ReadBody): void {
      kept = undefined;
      claim.free();
      resolve(outcome);
    }
    claim.giveWay = () => stop('gave way');
    request.on('data', (chunk: Buffer) => {
      if (!kept) return;
      if (length + chunk.length > mostBytes) return stop('too large');
      const begin = length;
      length += chunk.length;
      if (begin === 0) {
        kept = chunk;
      } else {
        // Use one buffer: the separate chunks of a body that arrives byte by byte would need hundreds of times its
        // size.
        if (length > kept.length) kept = Buffer.concat([kept], Math.min(2 * length, mostBytes));
        chunk.copy(kept, begin);
      }
      claim.take(chunk.length);
      takeTurns(request, chunk);
    });
    request.on('end', () => {
      claim.keep();
      if (kept) resolve(kept.subarray(0, length));
    });
    request.on('error', () => stop('interrupted'));
  });
}

/** Whether a request announces a body that is larger than `mostBytes`. */
export const announcesMore = ({ headers }: IncomingMessage, mostBytes: number): boolean =>
  Number(headers['content-length'] ?? 0) > mostBytes;

/** Whether a request has a body, part of which may not have arrived yet. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads a body and discards it, because some clients read the answer only after they have sent the whole body. Closes
 * the connection of a client that sends more than `mostBytes`.
 */
export function discardBody(request: IncomingMessage, mostBytes: number): void {
  let bytes = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) request.socket.destroy();
    else takeTurns(request, chunk);
  });
}

/** The length of a chunk, in bytes, from which more chunks are likely to follow. */
const longChunk = 32_768;

/** Lets other connections have a turn, because Node reads up to 2 MB from a connection before it serves the next. */
function takeTurns(request: IncomingMessage, { length }: Buffer): void {
  if (length < longChunk) return;
  request.pause();
  setImmediate(() => request.resume());
}
