import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/**
 * Stops listening, and ends each connection as soon as no answer is under way on it: idle connections at once, the
 * others once the client has read its answer.
 *
 * @param graceMs Milliseconds after which the remaining connections are cut off.
 * @returns A promise that resolves when all connections have ended. It never rejects.
 */
export type Drain = (graceMs: number) => Promise<void>;

/** What is under way on a connection. */
interface Activity {
  /** Number of requests that were read, and whose answers are not yet sent in full. */
  answers: number;
  /** Number of bytes read when the last answer was sent. If it has grown since, a request has begun to arrive. */
  settledAt: number;
}

/** Creates the function that drains a server. Call this before the server listens, so that no connection is missed. */
export function createDrain(server: Server): Drain {
  const connections = new Map<Socket, Activity>();
  let isDraining = false;

  server.on('connection', (socket) => {
    connections.set(socket, { answers: 0, settledAt: 0 });
    socket.once('close', () => connections.delete(socket));
  });

  function begin({ socket }: IncomingMessage, response: ServerResponse): void {
    const activity = connections.get(socket);
    if (!activity) return;
    activity.answers += 1;
    response.once('close', () => {
      activity.answers -= 1;
      activity.settledAt = socket.bytesRead;
      if (isDraining && activity.answers === 0) socket.destroySoon();
    });
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, begin);

  return async (graceMs) => {
    isDraining = true;
    // Not the close() of http.Server: that regards a connection as idle if its answer is written but not read yet, and
    // destroys it together with the part that the client has not read.
    const closed = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
    for (const [socket, { answers, settledAt }] of connections) {
      if (answers === 0 && socket.bytesRead === settledAt) socket.destroy();
    }
    const grace = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(grace);
    // Only this stops the timer by which http.Server finds clients that are too slow.
    server.close();
  };
}
