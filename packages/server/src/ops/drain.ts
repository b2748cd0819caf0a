import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/**
 * Stops listening, and ends each connection as soon as no answer is under way there: idle ones at once, others once the
 * client has read its answer.
 *
 * @param graceMs Milliseconds after which all that are left are cut off.
 * @returns Resolves when all have ended. Never rejects.
 */
export type Drain = (graceMs: number) => Promise<void>;

/** What is under way on a connection. */
interface Activity {
  /** Requests that were read and whose answer is not yet on its way in full. */
  answers: number;
  /** How many bytes had been read when the last answer was done. Since then a request may have begun to arrive. */
  settledAt: number;
}

/** Creates the function that ends a server, which is not listening yet. */
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
    // Not the close() of http.Server: it takes a connection for idle if its answer is written but not read yet, and
    // destroys it with what the client has still to read.
    const closed = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
    for (const [socket, { answers, settledAt }] of connections) {
      if (answers === 0 && socket.bytesRead === settledAt) socket.destroy();
    }
    const grace = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(grace);
    // Only this stops the timer with which http.Server looks for clients that are too slow.
    server.close();
  };
}
