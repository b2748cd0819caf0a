import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DocsServer, parseAddress, serveDocs } from './serve-docs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serve-docs-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('serveDocs', () => {
  let server: DocsServer;
  let page: string;
  beforeEach(async () => {
    page = join(folder, 'index.html');
    writeFileSync(page, '<p>Über</p>');
    mkdirSync(join(folder, 'downloads'));
    for (const name of ['docs.css', 'docs.js', 'openapi.yaml', 'downloads/openapi.json', '.secret.json']) {
      writeFileSync(join(folder, name), name);
    }
    server = await serveDocs({ port: 0, folder });
  });
  afterEach(() => server.close());

  it.each(['', 'index.html', '?from=mail'])('serves the page at /%s', async (path) => {
    const response = await fetch(`${server.url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe('<p>Über</p>');
  });

  it.each([
    ['docs.css', 'text/css'],
    ['docs.js', 'text/javascript'],
    ['downloads/openapi.json', 'application/json'],
  ])('serves %s as %s', async (path, type) => {
    const response = await fetch(`${server.url}${path}`);
    expect(response.headers.get('Content-Type')).toBe(`${type}; charset=utf-8`);
    expect(await response.text()).toBe(path);
  });

  it('serves no file outside its folder', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end('GET /../package.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 404 /);
  });

  it.each(['openapi.json', 'index.html/x', '%2e%2e/package.json', '.secret.json', 'downloads/'])(
    'answers 404 to /%s',
    async (path) => {
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    },
  );

  it('shows a rebuilt page on reload', async () => {
    writeFileSync(page, '<p>new</p>');
    expect(await (await fetch(server.url)).text()).toBe('<p>new</p>');
  });

  it('ends a connection that has not sent its whole request', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    // The server accepts connections in order: an answer on a later one shows that it has accepted this one.
    await fetch(server.url);
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  it('answers 404 while the page is not built, and serves it afterwards', async () => {
    rmSync(page);
    expect((await fetch(server.url)).status).toBe(404);
    writeFileSync(page, '<p>built</p>');
    expect((await fetch(server.url)).status).toBe(200);
  });
});

describe.skipIf(process.platform === 'win32')('docs:serve', () => {
  /** Runs the command with a turbo that builds nothing. */
  function run(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
    const turbo = join(folder, 'turbo');
    writeFileSync(turbo, '#!/bin/sh\n');
    chmodSync(turbo, 0o755);
    return spawn(process.execPath, [join(import.meta.dirname, 'serve-docs.ts'), ...args], {
      env: { ...process.env, PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  const end = async (child: ReturnType<typeof run>) => {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { stdout, stderr, exitCode };
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('prints its URL, and exits with 0 on %s', async (signal) => {
    const child = run('--port', '0');
    const ended = end(child);
    await once(child.stdout, 'data');
    child.kill(signal);
    const { stdout, exitCode } = await ended;
    expect(stdout).toMatch(/^The docs are at http:\/\/127\.0\.0\.1:\d+\/\n$/);
    expect(exitCode).toBe(0);
  });

  it('reports in one line that another program listens on the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { stderr, exitCode } = await end(run('--port', `${port}`));
    other.close();
    expect(stderr).toBe(
      `docs:serve: another program listens on port ${port} of 127.0.0.1: choose another port with --port\n`,
    );
    expect(exitCode).toBe(2);
  });

  it('prints its usage for --help, and serves nothing', async () => {
    const { stdout, exitCode } = await end(run('--help'));
    expect(stdout).toMatch(/^Usage: pnpm docs:serve /);
    expect(exitCode).toBe(0);
  });
});

describe('the address for docs:serve', () => {
  it('has a port and a host', () => {
    expect(parseAddress('0', '::1')).toEqual({ port: 0, host: '::1' });
    expect(parseAddress('65535', 'localhost')).toEqual({ port: 65535, host: 'localhost' });
  });

  it.each([
    ['many', 'localhost', "--port must be a number from 0 to 65535, not 'many'"],
    ['65536', 'localhost', "--port must be a number from 0 to 65535, not '65536'"],
    ['', 'localhost', "--port must be a number from 0 to 65535, not ''"],
    ['8080', '', '--host must not be empty'],
  ])('is refused with port %j and host %j', (port, host, message) => {
    expect(() => parseAddress(port, host)).toThrow(message);
  });
});
