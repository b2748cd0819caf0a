import type { IncomingMessage } from 'node:http';
import type { Claim } from './shared-limit.ts';

/**
 * What came of reading a body: `interrupted` if the client went away before it had sent all, `gave way` if others needed
 * the memory.
 */
export type ReadBody = Buffer | 'too large' | 'interrupted' | 'gave way';

const nothing = Buffer.alloc(0);

/**
 * Reads a body. Never rejects.
 *
 * @param mostBytes The largest body that is kept, in bytes.
 * @param claim Counts the memory. It cannot give way once the body was read, and is the caller's to free.
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
        // In one buffer, because a body that comes in chunks of a byte would take hundreds of times its size.
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
    else takeTurns(request, chunk);
  });
}

/** A chunk of this many bytes is one of many. */
const longChunk = 32_768;

/** Lets others have their turn, because Node reads up to 2 MB from a connection before it looks at the next. */
function takeTurns(request: IncomingMessage, { length }: Buffer): void {
  if (length < longChunk) return;
  request.pause();
  setImmediate(() => request.resume());
}
