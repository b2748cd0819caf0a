// Serves the docs on this machine.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';

// The path only, not an import of the docs package: the code that builds the page takes long to load.
const builtPage = join(rootDir, 'packages', 'docs', 'dist', 'index.html');

const usage = `Usage: pnpm docs:serve [--port 8080] [--host 127.0.0.1]

Builds the docs if they are out of date, and serves them until you press Ctrl-C.

  --port  The port to listen on; 0 chooses a free one.
  --host  The name or address of the interface to listen on.
  --help  Prints this text.`;

/** The address and the page of {@link serveDocs}. */
export interface DocsServerOptions {
  /** Default: 8080. 0 chooses a free port. */
  port?: number;
  /** Default: `127.0.0.1`, which only this machine can reach. */
  host?: string;
  /** The file of the page. It is read for each request, so that a reload shows a rebuilt page. Default: the built docs. */
  page?: string;
}

/** A docs server that is listening. */
export interface DocsServer {
  url: string;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/**
 * Starts a server for the built page.
 *
 * @throws Error with the system's `code`, such as EADDRINUSE, if it cannot listen.
 */
export async function serveDocs(options: DocsServerOptions = {}): Promise<DocsServer> {
  const { port = 8080, host = '127.0.0.1', page = builtPage } = options;
  const server = createServer(async ({ method, url }, response) => {
    const wanted = (method === 'GET' || method === 'HEAD') && /^\/(index\.html)?(\?|$)/.test(url ?? '');
    const html = wanted ? await readFile(page).catch(() => undefined) : undefined;
    const [status, type, body] = html
      ? [200, 'text/html', html]
      : [404, 'text/plain', 'Not found. The docs are at /\n'];
    response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Parses the options of the command.
 *
 * @throws Error that names the wrong option and its value.
 */
export function parseAddress(port: string, host: string): { port: number; host: string } {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new Error(`--port must be a number from 0 to 65535, not '${port}'`);
  }
  // Node would listen on every interface of the machine if the host were empty.
  if (host === '') throw new Error('--host must not be empty');
  return { port: Number(port), host };
}

/** Builds and serves the docs. Returns the exit code if the build failed, `undefined` if the server is listening. */
async function serve({ port, host }: { port: number; host: string }): Promise<number | undefined> {
  const built = turbo(['run', 'build', '--filter=@koodrive-backup/docs', '--output-logs=errors-only']);
  if (built !== 0) return built;
  const server = await serveDocs({ port, host }).catch((error) => {
    throw error.code === 'EADDRINUSE'
      ? new Error(`another program listens on port ${port} of ${host}: choose another port with --port`)
      : error;
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
  console.log(`The docs are at ${server.url}`);
  return undefined;
}

if (import.meta.main) {
  await command(usage, ({ values: { port, host } }) => serve(parseAddress(port, host)), {
    options: { port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' } },
  });
}
