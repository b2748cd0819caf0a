import type { IncomingMessage } from 'node:http';
import { type Answer, refusal } from './refusal.ts';

/** The largest body that is read, in bytes: 1 MB. */
export const maxBodyBytes = 1_048_576;

/**
 * The most that is read of a body that is too large, in bytes. A client that is answered while it still sends may see
 * a reset connection instead of the answer, so what it sends is read and dropped first, within reason.
 */
const maxDrainedBytes = 64 * maxBodyBytes;

/** What came of reading a body; `interrupted` where the client went away before it had sent all. */
export type Body = Buffer | 'too large' | 'interrupted';

/** The refusal of a body above {@link maxBodyBytes}. */
export const tooLarge: Answer = refusal(413, `body must not be larger than ${maxBodyBytes} bytes`);

/** Whether the request announces a body above {@link maxBodyBytes}. */
export function declaresTooLarge(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > maxBodyBytes;
}

/** Reads a request's body, to its end wherever that is within reach. Never rejects. */
export function readBody(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      if (bytes > maxDrainedBytes) resolve('too large');
    });
    request.on('end', () => resolve(bytes > maxBodyBytes ? 'too large' : Buffer.concat(chunks)));
    request.on('error', () => resolve('interrupted'));
  });
}
