// Serves the docs on this machine.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';

// The path only, not an import of the docs package: the code that builds the pages takes long to load.
const builtDocs = join(rootDir, 'packages', 'docs', 'dist');

const types: Record<string, string> = {
  css: 'text/css',
  html: 'text/html',
  js: 'text/javascript',
  json: 'application/json',
  md: 'text/markdown',
  yaml: 'application/yaml',
};

const usage = `Usage: pnpm docs:serve [--port 8080] [--host 127.0.0.1]

Builds the docs if they are out of date, and serves them until you press Ctrl-C.

  --port  The port to listen on; 0 chooses a free one.
  --host  The name or address of the interface to listen on.
  --help  Prints this text.`;

/** The address and the files of {@link serveDocs}. */
export interface DocsServerOptions {
  /** Default: 8080. 0 chooses a free port. */
  port?: number;
  /** Default: `127.0.0.1`, which only this machine can reach. */
  host?: string;
  /**
   * The folder of the docs. Files are read for each request, so that a reload shows rebuilt ones. Default: the built
   * docs.
   */
  folder?: string;
}

/** A docs server that is listening. */
export interface DocsServer {
  url: string;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/**
 * Starts a server for the built docs.
 *
 * @throws Error with the system's `code`, such as EADDRINUSE, if it cannot listen.
 */
export async function serveDocs(options: DocsServerOptions = {}): Promise<DocsServer> {
  const { port = 8080, host = '127.0.0.1', folder = builtDocs } = options;
  const server = createServer(async ({ method, url = '/' }, response) => {
    const file = method === 'GET' || method === 'HEAD' ? fileOf(url) : undefined;
    const content = file && (await readFile(join(folder, file)).catch(() => undefined));
    const [status, type, body] = content
      ? [200, types[file.slice(file.lastIndexOf('.') + 1)], content]
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

/** The file of an address. No name in it begins with a dot, so that it stays in the folder. */
function fileOf(url: string): string | undefined {
  const [path = ''] = url.split('?');
  if (path === '/') return 'index.html';
  return new RegExp(`^/((?:\\w[\\w-]*/)?\\w[\\w.-]*\\.(?:${Object.keys(types).join('|')}))$`).exec(path)?.[1];
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
