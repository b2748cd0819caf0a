import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { operation, refusedWith } from '../test/calls.ts';
import { sign, xDate } from '../test/signing.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const { path: devices } = operation('listBoundDevice');
const { path: locks } = operation('createBackupLock');

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

// Tests run at once here, where Vitest's onTestFinished does not know whose it is.
const cleanUps: (() => void)[] = [];
afterAll(() => {
  for (const cleanUp of cleanUps) cleanUp();
});

function folder(): string {
  const data = mkdtempSync(join(tmpdir(), 'koodrive-server-cli-'));
  cleanUps.push(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

function spawnCli(args: string[], nodeArgs: string[] = []): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [...nodeArgs, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // A command that a failed test leaves behind would keep the test run from ending.
  cleanUps.unshift(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: string[], nodeArgs: string[] = []): Promise<Finished> {
  const child = spawnCli(args, nodeArgs);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

interface Serving {
  url: string;
  adminUrl: string;
  /** Sends a signal, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Finished & { seconds: number }>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts to serve, and waits until it is ready. */
async function serve(data: string): Promise<Serving> {
  const child = spawnCli(['--port', '0', '--admin-port', '0', '--data', data]);
  const closed = once(child, 'close');
  const stderr = text(child.stderr);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  const ready = /^koodrive-server is ready at (\S+)\nhealth and metrics are at (\S+)\n/;
  await expect.poll(() => stdout).toMatch(ready);
  const [, url = '', adminUrl = ''] = ready.exec(stdout) ?? [];
  return {
    url,
    adminUrl,
    kill: (signal) => void child.kill(signal),
    async end(signal) {
      const begin = performance.now();
      child.kill(signal);
      const [code] = await closed;
      return {
        code,
        stdout: stdout.replace(ready, ''),
        stderr: await stderr,
        seconds: (performance.now() - begin) / 1000,
      };
    },
  };
}

const isRefused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  );

async function issueToken(data: string, user: string): Promise<string> {
  const { code, stdout, stderr } = await run(['token', '--user', user, '--data', data]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^[\da-f]{48}\n$/);
  return stdout.trim();
}

describe.concurrent('koodrive-server', () => {
  it('serves users with the credentials that it issues, and keeps no secret where it could be read', async ({
    expect,
  }) => {
    const data = folder();
    const serving = await serve(data);
    const token = await issueToken(data, 'alice');
    const issued = await run(['app', '--user', 'bob', '--data', data]);
    const [, appId = '', appSecret = ''] = /^app id {6}(\w{64})\napp secret {2}(\w{64})\n$/.exec(issued.stdout) ?? [];
    expect(appSecret).not.toBe('');
    const date = xDate(Date.now());
    const byToken = { Authorization: `Bearer ${token}`, 'X-User-Id': 'alice', 'X-Date': date };
    expect((await fetch(serving.url + devices, { headers: byToken })).status).toBe(200);
    const signed = { 'x-date': date, 'x-user-id': 'bob' };
    const segments = devices.slice(1).split('/');
    const Authorization = sign({ appId, appSecret }, { method: 'GET', segments, query: [], headers: signed, body: '' });
    expect((await fetch(serving.url + devices, { headers: { Authorization, ...signed } })).status).toBe(200);
    expect((await fetch(`${serving.url}/none?access_token=${token}`, { headers: byToken })).status).toBe(404);

    for (const name of readdirSync(data)) {
      const bytes = readFileSync(join(data, name)).toString('latin1');
      for (const secret of [token, appSecret]) expect(bytes.includes(secret), name).toBe(false);
    }
    expect(statSync(join(data, 'key')).mode & 0o777).toBe(0o600);
    const { code, stdout, stderr } = await serving.end('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const line = { level: 30, time: expect.any(Number), method: 'GET', durationMs: expect.any(Number) };
    expect(lines).toEqual([
      { ...line, operation: 'listBoundDevice', status: 200 },
      { ...line, operation: 'listBoundDevice', status: 200 },
      { ...line, status: 404 },
    ]);
    const key = readFileSync(join(data, 'key'), 'utf8').trim();
    for (const secret of [token, appSecret, key, 'Signature']) expect(stdout).not.toContain(secret);
  });

  it('has health and metrics at a port of their own', async ({ expect }) => {
    const serving = await serve(folder());
    const got = async (path: string): Promise<[number, string]> => {
      const response = await fetch(serving.adminUrl + path);
      return [response.status, await response.text()];
    };
    expect(await got('/healthz')).toEqual([200, 'ok\n']);
    expect(await got('/readyz')).toEqual([200, 'ready\n']);
    await fetch(serving.url + devices);
    const [status, metrics] = await got('/metrics');
    expect(status).toBe(200);
    expect(metrics).toContain('koodrive_requests_total{operation="listBoundDevice",status="401"} 1');
    expect(metrics).toContain('process_resident_memory_bytes');
    for (const path of ['/', '/none', '/metrics/x', devices]) expect((await got(path))[0]).toBe(404);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const response = await fetch(serving.url + path);
      refusedWith(404, { status: response.status, headers: response.headers, text: await response.text() }, 404);
    }
    expect((await serving.end('SIGINT')).code).toBe(0);
  });

  it('answers what is under way when it is told to end, takes nothing new, and ends', async ({ expect }) => {
    const data = folder();
    const serving = await serve(data);
    const token = await issueToken(data, 'alice');
    const { port } = new URL(serving.url);
    const body = '{"moduleCode":"100"}';
    const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    const head = [
      `POST ${locks} HTTP/1.1`,
      'Host: a',
      `Authorization: AT+${token}`,
      'X-User-Id: alice',
      `X-Date: ${xDate(Date.now())}`,
      `Content-Length: ${body.length}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 5)}`);
    // By its answer the server is known to have read what came before.
    await fetch(serving.url);
    const ended = serving.end('SIGTERM');
    await expect.poll(() => isRefused(serving.url)).toBe(true);
    socket.write(body.slice(5));
    const { code, stdout, seconds } = await ended;
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(10);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('"lockId"');
    expect(stdout).toContain('"operation":"createBackupLock"');
  });

  it('ends within ten seconds whatever is under way, and at once when it is told twice', async ({ expect }) => {
    const [patient, urgent] = await Promise.all([serve(folder()), serve(folder())]);
    for (const { url } of [patient, urgent]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
      socket.write(`POST ${locks} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{`);
      await fetch(url);
      cleanUps.push(() => void socket.destroy());
    }
    const both = Promise.all([patient.end('SIGTERM'), urgent.end('SIGTERM')]);
    await expect.poll(() => isRefused(urgent.url)).toBe(true);
    urgent.kill('SIGINT');
    const [slow, fast] = await both;
    expect([slow.code, fast.code]).toEqual([0, 0]);
    expect(slow.seconds).toBeLessThan(10);
    expect(fast.seconds).toBeLessThan(slow.seconds);
  });

  it.each([
    [['--port', 'x'], "--port must be a number from 0 to 65535, not 'x'"],
    [['--port', '65536'], '--port must be a number from 0 to 65535, not 65536'],
    [['--port='], "--port must be a number from 0 to 65535, not ''"],
    [['--admin-port', '-1'], '--admin-port'],
    [['--host='], "--host must be a name or an address, not ''"],
    [['--data='], "--data must be the path of a folder, not ''"],
    [['--database-url', 'mysql://a:hidden@b/c'], '--database-url must be a URL such as postgres://'],
    [['--database-url', 'postgres://a:hidden@b:99999/c'], '--database-url must be a URL such as postgres://'],
    [['--database-url='], '--database-url must be a URL such as postgres://'],
    [['--user', '7'], '--user is for the commands token and app: koodrive-server token --user …'],
    [
      ['token', '--user', 'a', '--port', '1'],
      '--port is for serving, which is koodrive-server without the command token',
    ],
    [['app', '--host', 'a', '--user', 'a'], '--host is for serving, which is koodrive-server without the command app'],
    [['app', '--user', 'a', '--admin-port=1'], '--admin-port is for serving, '],
    [['--prot', '1'], "Unknown option '--prot'"],
    [['extra'], 'there is no command extra: see --help'],
    [['token', 'more', '--user', 'a'], 'there is no command token more: see --help'],
    [['token'], '--user must be an id of visible ASCII without spaces'],
    [['app', '--user', 'a b'], '--user must be an id of visible ASCII without spaces'],
    [['token', '--user', 'a', '--data', '/dev/null/x'], '/dev/null/x'],
    [['--port', '0', '--host', '203.0.113.1'], 'cannot listen on 203.0.113.1, port 0: '],
    [['--database-url', 'postgres://a:hidden@127.0.0.1:1/a'], 'ECONNREFUSED'],
  ])('%j: one line on stderr, and exit 2', async (args, message) => {
    const data = args.some((arg) => arg.startsWith('--data=') || arg === '--data') ? [] : ['--data', folder()];
    const { code, stdout, stderr } = await run([...args, ...data]);
    expect(stderr).toMatch(/^koodrive-server: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hidden');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('says that a port is taken', async ({ expect }) => {
    const serving = await serve(folder());
    const { port } = new URL(serving.url);
    const taken = `koodrive-server: cannot listen on 127.0.0.1, port ${port}: the port is taken\n`;
    for (const ports of [
      ['--port', port],
      ['--port', '0', '--admin-port', port],
    ]) {
      expect(await run([...ports, '--data', folder()])).toEqual({ code: 2, stdout: '', stderr: taken });
    }
  });

  it('does not start with a key file that others may read, or that is none, or another', async ({ expect }) => {
    const data = folder();
    await issueToken(data, 'alice');
    const key = join(data, 'key');
    const failed = async (): Promise<string> => {
      const { code, stderr } = await run(['--port', '0', '--data', data]);
      expect(code).toBe(2);
      return stderr;
    };
    chmodSync(key, 0o640);
    expect(await failed()).toBe(`koodrive-server: others may read the key file ${key}: chmod 600 it\n`);
    chmodSync(key, 0o600);
    writeFileSync(key, `${Buffer.alloc(32).toString('base64')}\n`);
    expect(await failed()).toBe(`koodrive-server: ${key} is not the key file that this database was made with\n`);
    writeFileSync(key, 'no key');
    expect(await failed()).toBe(`koodrive-server: the key file ${key} holds no key of 32 bytes in base64\n`);
  });

  it('says that Node is too old, before it imports what an old Node cannot read', async ({ expect }) => {
    const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'24.17.9'})";
    const { code, stderr } = await run([], ['--import', pretend]);
    expect(stderr).toBe(`koodrive-server: needs Node ${packageJson.engines.node}, and this is 24.17.9\n`);
    expect(code).toBe(2);
  });

  it('prints its version and its usage', async ({ expect }) => {
    // Asked for help, a command does nothing else, whatever else is there.
    for (const args of [['--version'], ['token', '--version'], ['--version', '--port', 'x', '--user', '7']]) {
      expect(await run(args)).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    }
    const [long, short] = [await run(['--help']), await run(['app', '-h'])];
    expect(long).toEqual(short);
    for (const option of [
      '--port',
      '--host',
      '--admin-port',
      '--data',
      '--database-url',
      '--user',
      '--version',
      '--help',
      'token',
      'app',
    ]) {
      expect(long.stdout).toContain(option);
    }
    expect({ code: long.code, stderr: long.stderr }).toEqual({ code: 0, stderr: '' });
  });
});
