import type { Server } from 'node:http';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { cannotListen, checkHost, checkPort, urlOf } from '@koodrive-backup/spec/serving';
import { type Answering, createAnswering, createMockServer } from './mock-server.ts';

/** Where {@link startMock} listens. */
export interface MockOptions {
  /** TCP port. Default 0: any free port, so that tests can run side by side. */
  port?: number;
  /** Name or address of the interface to listen on. Default `127.0.0.1`: this machine only. */
  host?: string;
}

/** A mock that is listening. */
export interface Mock {
  /** Base URL without a trailing slash, such as `http://127.0.0.1:4010`. */
  readonly url: string;
  /** Stops listening and ends every connection, idle or not. May be called more than once. */
  close(): Promise<void>;
}

let answering: Answering | undefined;

/**
 * Starts a mock of the contract, `@koodrive-backup/spec/openapi.json`, in this process. It keeps the process alive
 * until it is closed, writes nothing to the console and keeps no state between requests.
 *
 * @param options Where to listen.
 * @returns The mock, ready for requests.
 * @throws Error with a message for the user if the port is taken or the host cannot be bound. Its `cause` is the
 *   system's error.
 * @throws TypeError if the port is not an integer from 0 to 65535, the host is empty, or an option does not exist.
 */
export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const { port = 0, host = '127.0.0.1', ...others } = options;
  // Otherwise a misspelled option would have no effect, and nobody would notice.
  for (const name in others) throw new TypeError(`there is no option ${name}`);
  checkPort('port', port);
  checkHost('host', host);
  // All mocks share this, because reading the contract takes longer than everything else in a start.
  answering ??= createAnswering(contract);
  const server = createMockServer(answering);
  await listen(server, port, host);
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server),
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, host, port)));
    server.listen(port, host, resolve);
  });
}
