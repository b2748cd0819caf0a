import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between a client and a server that can cut the connections. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Resets all connections at once, even in the middle of a request. */
  cut(): void;
}

/** One connection through the proxy. */
export interface Connection {
  /** Resets both ends. */
  reset(): void;
}

/**
 * Starts a proxy on a free port.
 *
 * @param target The server to which connections are forwarded.
 * @param options.onRequest Called with the bytes from a client before they are forwarded. `false` drops them.
 * @param options.onAnswer Called with the bytes from the server before they are forwarded. `false` drops them.
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
