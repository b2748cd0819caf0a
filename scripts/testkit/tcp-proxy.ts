import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and cuts what goes through. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Resets all connections, in the middle of what they are at. */
  cut(): void;
}

/** One connection, of which both ends can be reset. */
export interface Connection {
  reset(): void;
}

/**
 * Starts a proxy on a free port.
 *
 * @param onRequest Sees the bytes that a client sends, before they go on. They go no further where it gives `false`.
 * @param onAnswer Sees the bytes that the server sends, likewise.
 */
export async function startTcpProxy(
  target: { host: string; port: number },
  {
    onRequest = () => true,
    onAnswer = () => true,
  }: Partial<Record<'onRequest' | 'onAnswer', (bytes: Buffer, connection: Connection) => boolean>> = {},
): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  const server = createServer((client) => {
    const upstream = connect(target);
    const connection: Connection = {
      reset() {
        connections.delete(connection);
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      },
    };
    connections.add(connection);
    forward(client, upstream, (bytes) => onRequest(bytes, connection));
    forward(upstream, client, (bytes) => onAnswer(bytes, connection));
    client.on('close', () => connections.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const { reset } of connections) reset();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

function forward(from: Socket, to: Socket, passes: (bytes: Buffer) => boolean): void {
  from.on('data', (bytes: Buffer) => {
    if (passes(bytes) && !to.destroyed) to.write(bytes);
  });
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
}
