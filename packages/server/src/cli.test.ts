import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beginRequest } from '@koodrive-backup/testkit/raw-http';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { expect, it, onTestFinished } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { operation } from '../test/calls.ts';
import { sign, undecidedSignature } from '../test/signing.ts';
import { usage } from './usage.ts';

// Only tests that need a process: exit codes, signals and output. Each costs as much as fifty requests.

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const { path: devices } = operation('listBoundDevice');
const { path: locks } = operation('createBackupLock');

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function folder(): string {
  const data = mkdtempSync(join(tmpdir(), 'koodrive-server-cli-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

async function run(args: string[], nodeArgs: string[] = []): Promise<Finished> {
  const child = spawn(process.execPath, [...nodeArgs, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Otherwise a command that a failed test leaves behind would keep the test run from ending.
  onTestFinished(() => void child.kill('SIGKILL'));
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

// The grace period for requests under way never ends, however slow this machine is.
const endlessGrace = [
  '--import',
  'data:text/javascript,const set = setTimeout; globalThis.setTimeout = (f, ms, ...a) => set(f, ms === 8000 ? 1e9 : ms, ...a)',
];

const isRefused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  );

it('serves with the credentials that it issues, stores no readable secret, and finishes a request under way', async () => {
  const data = folder();
  await using serving = await startProcess({ data }, endlessGrace);
  const issued = await run(['token', '--user', 'alice', '--data', data]);
  expect(issued).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^[\da-f]{48}\n$/) });
  const token = issued.stdout.trim();
  const app = await run(['app', '--user', 'bob', '--data', data]);
  const [, appId = '', appSecret = ''] = /^app id {6}(\w{64})\napp secret {2}(\w{64})\n$/.exec(app.stdout) ?? [];
  expect(appSecret).not.toBe('');

  const { port } = new URL(serving.adminUrl);
  expect(await run(['--port', '0', '--admin-port', port, '--data', folder()])).toEqual({
    code: 2,
    stdout: '',
    stderr: `koodrive-server: cannot listen on 127.0.0.1, port ${port}: the port is taken\n`,
  });

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
  const key = readFileSync(join(data, 'key'), 'utf8').trim();

  const body = '{"moduleCode":"100"}';
  const headers = { Host: 'a', Connection: 'close', ...byToken };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const { send, answers } = await beginRequest(serving.url, [`POST ${locks} HTTP/1.1`, ...head], body.length);
  const ended = serving.kill('SIGTERM');
  await expect.poll(() => isRefused(serving.url)).toBe(true);
  send(body);
  expect(await answers).toMatchObject([{ status: 200, text: expect.stringContaining('"lockId"') }]);

  const { code, stdout, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  const line = {
    level: 30,
    time: expect.any(Number),
    requestId: expect.any(String),
    method: 'GET',
    durationMs: expect.any(Number),
    address: '127.0.0.1',
    receivedBytes: 0,
    sentBytes: expect.any(Number),
  };
  const logged = lines.map((text) => JSON.parse(text));
  expect(logged.filter(({ operation }) => operation !== undefined)).toEqual([
    { ...line, operation: 'listBoundDevice', status: 200, user: expect.any(String) },
    { ...line, operation: 'listBoundDevice', status: 200, user: expect.any(String) },
    {
      ...line,
      method: 'POST',
      operation: 'createBackupLock',
      status: 200,
      user: expect.any(String),
      receivedBytes: body.length,
    },
  ]);
  const refused = { ...line, level: 40, status: 404, reason: 'path /none is not in the contract' };
  expect(logged).toContainEqual(refused);
  for (const secret of [token, appSecret, key, 'Signature']) expect(stdout).not.toContain(secret);

  // The command has opened the database when it notices the wrong key, and must end nevertheless.
  writeFileSync(join(data, 'key'), `${Buffer.alloc(32).toString('base64')}\n`);
  expect(await run(['--port', '0', '--data', data])).toEqual({
    code: 2,
    stdout: '',
    stderr: `koodrive-server: the key that this database was made with is not in the key file ${join(data, 'key')}\n`,
  });
});

it('finishes requests when its terminal is closed, and ends at once at a second signal', async () => {
  // Only the second signal can end it.
  await using serving = await startProcess({ data: folder() }, endlessGrace);
  const { answers } = await beginRequest(serving.url, [`POST ${locks} HTTP/1.1`, 'Host: a', undecidedSignature], 10);
  const ended = serving.kill('SIGHUP');
  await expect.poll(() => isRefused(serving.url)).toBe(true);
  expect(serving.isAlive()).toBe(true);
  serving.kill('SIGINT');
  // Ended by the signal itself, which shows the parent process that the work was not finished.
  expect((await ended).code).toBeNull();
  // An answer would mean that the limit of 30 s for a request has ended the connection.
  expect(await answers).toEqual([]);
});

it('reports in one line what is wrong with its options, without secrets, and exits with 2', async () => {
  const { code, stdout, stderr } = await run(['--database-url', 'mysql://a:hidden@b/c', '--data', folder()]);
  expect(stderr).toMatch(/^koodrive-server: --database-url must be [^\n]+\n$/);
  expect(stderr).not.toContain('hidden');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

it('reports that Node is too old, before it imports modules that an old Node cannot read', async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'24.17.9'})";
  const { code, stderr } = await run([], ['--import', pretend]);
  expect(stderr).toBe(`koodrive-server: needs Node ${packageJson.engines.node}, and this is 24.17.9\n`);
  expect(code).toBe(2);
});

it('prints its version and its usage', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  expect(await run(['--help'])).toEqual({ code: 0, stdout: `${usage}\n`, stderr: '' });
});
