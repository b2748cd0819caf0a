// Serves the docs on this machine.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';

// Its path only: what builds it takes long to import.
const builtPage = join(rootDir, 'packages', 'docs', 'dist', 'index.html');

const usage = `Usage: pnpm docs:serve [--port 8080] [--host 127.0.0.1]

Builds the docs where they are out of date, and serves them until it is interrupted.

  --port  The port to listen on; 0 takes a free one.
  --host  The name or address of the interface to listen on.
  --help  Prints this text.`;

/** Where {@link serveDocs} listens, and what it serves. */
export interface DocsServerOptions {
  /** Default 8080; 0 takes a free port. */
  port?: number;
  /** Default `127.0.0.1`: this machine only. */
  host?: string;
  /** The file that holds the page. It is read anew for each request, so that a rebuilt page shows on reload. */
  page?: string;
}

/** Docs that are being served. */
export interface DocsServer {
  url: string;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves the built page.
 *
 * @throws Error with the system's `code`, such as EADDRINUSE, where it cannot listen.
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
 * Reads the options of the command.
 *
 * @throws Error that says what is wrong with them.
 */
export function parseAddress(port: string, host: string): { port: number; host: string } {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new Error(`--port takes a number from 0 to 65535, not '${port}'`);
  }
  // Node takes an empty host for every interface of the machine.
  if (host === '') throw new Error('--host must not be empty');
  return { port: Number(port), host };
}

/** @returns The exit code where it ends at once, `undefined` where it goes on serving. */
async function serve({ port, host }: { port: number; host: string }): Promise<number | undefined> {
  const built = turbo(['run', 'build', '--filter=@koodrive-backup/docs', '--output-logs=errors-only']);
  if (built !== 0) return built;
  const server = await serveDocs({ port, host }).catch((error) => {
    throw error.code === 'EADDRINUSE'
      ? new Error(`port ${port} of ${host} is taken; choose another with --port`)
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
