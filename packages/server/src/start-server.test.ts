import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { beginRequest } from '@koodrive-backup/testkit/raw-http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { operation } from '../test/calls.ts';
import { undecidedSignature } from '../test/signing.ts';
import { type BackupServer, type ServerOptions, startServer } from './index.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'koodrive-start-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

async function start(options: ServerOptions = {}): Promise<BackupServer & AsyncDisposable> {
  const server = await startServer({ data, ...options });
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}

describe('startServer', () => {
  it('creates files that only their owner can read, even in a folder that others can read', async () => {
    await using server = await start();
    await server.issueToken('7');
    const others = readdirSync(data).filter((name) => statSync(join(data, name)).mode & 0o077);
    expect(others).toEqual([]);
  });

  it('issues nothing for an invalid user id', async () => {
    await using server = await start();
    for (const userId of ['', 'a b', '7\n', undefined, null, {}]) {
      await expect(server.issueToken(userId as string), inspect(userId)).rejects.toThrow(
        'a user id must be visible ASCII',
      );
      await expect(server.issueApp(userId as string), inspect(userId)).rejects.toThrow(TypeError);
    }
  });

  it('sends the time of its clock in the header Date, which the client follows', async () => {
    const now = Date.UTC(2031, 0, 1);
    await using server = await start({ now: () => now });
    const { headers } = await fetch(server.url);
    expect(headers.get('date')).toBe(new Date(now).toUTCString());
  });

  it('creates no key instead of the one that a database was made with', async () => {
    await (await startServer({ data })).close();
    rmSync(join(data, 'key'));
    await expect(startServer({ data })).rejects.toThrow('is missing');
    expect(existsSync(join(data, 'key'))).toBe(false);
  });

  it.each([
    ['port', '80'],
    ['port', -1],
    ['port', null],
    ['adminPort', 1.5],
    ['host', ''],
    ['host', 1],
    ['data', ''],
    ['data', 7],
    ['data', 'a\0b'],
    ['keyFile', ''],
    ['key', 7],
    ['maxQueued', 0],
    ['adminHost', ''],
    ['databaseUrl', ''],
    ['databaseUrl', 'mysql://a:hidden@b/c'],
    ['databaseUrl', 'postgres://a:hidden@b:99999/c'],
    ['databaseUrl', new URL('postgres://a:hidden@b/c')],
    ['maxQueued', '10'],
    ['storeTimeoutMs', 0.5],
    ['storeTimeoutMs', 2 ** 31],
    ['now', 0],
    ['log', 'stdout'],
    ['log', null],
    ['log', {}],
    ['logLevel', 'loud'],
    ['logLevel', 'toString'],
    ['anonymousLogLines', -1],
    ['anonymousLogLines', 0.5],
    ['onAnswer', 'log'],
    ['dataDir', 'x'],
    ['constructor', 'x'],
  ])('names the option %s that a program without types gets wrong, and opens nothing', async (name, value) => {
    const place = join(data, 'new');
    const refused = await startServer({ data: place, [name]: value }).catch((error) => error);
    expect(refused).toBeInstanceOf(TypeError);
    expect(refused.message).toMatch(new RegExp(`^(${name} must (be|have) |there is no option ${name}$)`));
    expect(inspect(refused)).not.toContain('hidden');
    expect(existsSync(place)).toBe(false);
  });

  it('names an invalid key without quoting it, and opens nothing', async () => {
    const place = join(data, 'new');
    await expect(startServer({ data: place, key: 'hidden' })).rejects.toThrow(
      /^key must hold keys of 32 bytes in base64$/,
    );
    const key = Buffer.alloc(32).toString('base64');
    await expect(startServer({ data: place, key, keyFile: 'key' })).rejects.toThrow('a key or a key file, not both');
    expect(existsSync(place)).toBe(false);
  });

  it.each([null, 4020, 'data', []])('refuses %j as options', async (options) => {
    await expect(startServer(options as object)).rejects.toThrow('options must be an object');
  });

  it('ignores an option that is undefined', async () => {
    await using server = await start({ port: undefined, host: undefined, now: undefined } as object);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });

  it.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('hook');
      },
    ],
    ['reject', () => Promise.reject(new Error('hook'))],
  ])('answers if its functions %s, and logs that', async (_, fail) => {
    const lines: string[] = [];
    const log = { write: (line: string) => void lines.push(line) };
    await using server = await start({ log, onAnswer: fail as () => void });
    for (const _ of [1, 2]) expect((await fetch(server.url)).status).toBe(404);
    await expect.poll(() => lines.filter((line) => line.includes('"hook":"onAnswer","reason":"hook"'))).toHaveLength(2);
  });

  it('answers if its log throws', async () => {
    const write = (): never => {
      throw new Error('the disk is full');
    };
    await using server = await start({ log: { write } });
    for (const _ of [1, 2]) expect((await fetch(server.url)).status).toBe(404);
  });

  it('reports that a port is taken', async () => {
    await using other = await start();
    const port = Number(new URL(other.url).port);
    const message = `cannot listen on 127.0.0.1, port ${port}: the port is taken`;
    for (const ports of [{ port }, { adminPort: port }]) {
      await expect(startServer({ data, ...ports })).rejects.toThrow(message);
    }
  });

  it('ends requests that are still under way eight seconds after it is told to close', async () => {
    await using server = await start();
    const { path: lock } = operation('createBackupLock');
    const { answers } = await beginRequest(server.url, [`POST ${lock} HTTP/1.1`, 'Host: a', undecidedSignature], 10);
    let isClosed = false;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = server.close().then(() => {
      isClosed = true;
    });
    vi.advanceTimersByTime(7999);
    await expect(fetch(server.url)).rejects.toThrow();
    expect(isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect(await answers).toEqual([]);
    await closed;
  });

  it('reports that its data folder is not a folder', async () => {
    const file = join(data, 'file');
    writeFileSync(file, '');
    await expect(startServer({ data: file })).rejects.toThrow(`${file} is not a folder`);
  });
});

it.skipIf(!existsSync('/dev/full'))('a server whose log cannot be written goes on, and ends at a signal', async () => {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
  const args = [cli, '--port', '0', '--admin-port', '0', '--data', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
  let told = '';
  child.stderr?.on('data', (chunk) => {
    told += chunk;
  });
  const exit = once(child, 'exit');
  await expect.poll(() => told).toContain('the log cannot be written');
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(told).not.toContain('    at ');
});
