import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { registerSchema, validate } from '@hyperjump/json-schema/draft-2020-12';
import { startMock } from '@koodrive-backup/mock';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import reportSchema from '../report.schema.json' with { type: 'json' };
import { type Ended, runCommandLine as run } from '../test/command-line.ts';

const token = 'a-secret-of-the-user';

let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

/** Starts an HTTP server with a listener, and returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('in its own process', () => {
  const cli = fileURLToPath(new URL('cli.ts', import.meta.url));

  async function runProcess(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = spawn(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH, ...env } });
    const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status, out, err };
  }

  it('ends with 0 and a summary if the contract is honoured, and reads the token from the environment', async () => {
    const args = [mock.url, '--user-id', '7', '--only', 'missing-refused'];
    const { status, out, err } = await runProcess(args, { KOODRIVE_TOKEN: token });
    expect(err).toBe('');
    expect(out).toMatch(/The contract is honoured\.$/m);
    expect(status).toBe(0);
  });

  it('ends with 2 and one line if the arguments are wrong', async () => {
    expect(await runProcess(['--user-id', '7'])).toEqual({
      status: 2,
      out: '',
      err: 'koodrive-conformance: give one base URL: see --help\n',
    });
  });
});

it('ends with 1 if the contract is violated, shows a request, and writes reports without secrets', async () => {
  const url = await serve((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ code: 0, msg: 'success', data: [] }));
  });
  const folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = {
    json: join(folder, 'report.json'),
    junit: join(folder, 'report.xml'),
    har: join(folder, 'report.har'),
  };
  const reports = Object.entries(files).flatMap(([format, file]) => ['--report', `${format}=${file}`]);
  const args = [url, '--user-id', '7', '--token', token, '--only', 'no-credential-refused', '--seed', '5', ...reports];
  const { status, out, err } = await run(args, { GITHUB_ACTIONS: 'true' });
  expect(err).toBe('');
  expect(status).toBe(1);
  expect(out).toMatch(/expected refused: no Authorization\n {2}got {6}status 200, code 0/);
  expect(out).toMatch(/^ {2}curl --include --request GET 'http:.*device'/m);
  expect(out).toContain('::error title=no-credential-refused of listBoundDevice::');
  const [json = '', junit = '', har = ''] = await Promise.all(
    Object.values(files).map((file) => readFile(file, 'utf8')),
  );
  expect(JSON.parse(json)).toMatchObject({ honoured: false, seed: 5 });
  registerSchema(reportSchema as never, 'https://koodrive-backup.invalid/report');
  expect(await validate('https://koodrive-backup.invalid/report', JSON.parse(json), 'BASIC')).toEqual({ valid: true });
  expect(junit).toContain('<failure message="expected refused: no Authorization');
  expect(JSON.parse(har).log.entries).toHaveLength(JSON.parse(json).requests);
  expect(out + json + junit + har).not.toContain(token);
});

it.each([
  ['nobody is there', ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x'], /no answer: connect ECONNREFUSED/],
  ['there is no URL', ['--user-id', '7', '--token', 'x'], /give one base URL/],
  ['the URL is not a URL', ['nonsense', '--user-id', '7', '--token', 'x'], /nonsense is not an http or https URL/],
  [
    'the user id has a space',
    ['http://127.0.0.1:1', '--user-id', 'a b', '--token', 'x'],
    /--user-id must be an id of visible ASCII without spaces/,
  ],
  [
    'the other user has no token',
    ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--other-user-id', '8'],
    /--other-user-id and --other-token go together/,
  ],
  ['there is no user', ['http://127.0.0.1:1', '--token', 'x'], /--user-id must be/],
  [
    'there is no credential',
    ['http://127.0.0.1:1', '--user-id', '7'],
    /give --token, --token-command, or --app-id and --app-secret/,
  ],
  ['a secret lacks its id', ['http://127.0.0.1:1', '--user-id', '7', '--app-secret', 'x'], /go together/],
  [
    'a check is unknown',
    ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--only', 'x'],
    /there is no check x/,
  ],
  [
    'a check is of another level',
    ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--only', 'record-new'],
    /the check record-new is of level behaviour: give --level behaviour/,
  ],
  [
    'the format of a report does not exist',
    ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--report', 'pdf=x'],
    /json, junit/,
  ],
  [
    'the URL has a credential',
    ['http://me:pass@127.0.0.1:1', '--user-id', '7', '--token', 'x'],
    /the base URL must have only a scheme, a host and a path/,
  ],
  ['a number is too small', ['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--rate', '0'], /--rate must be/],
])('ends with 2 and one line if %s', async (_, args, message) => {
  const { status, out, err } = await run(args);
  expect(status).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});

it('ends with 2 if the provider does not know the credentials', async () => {
  const url = await serve((_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"code":401,"msg":"who?"}');
  });
  const { status, err } = await run([url, '--user-id', '7', '--token', token]);
  expect(err).toBe('koodrive-conformance: the provider does not accept the credentials of user 7: who?\n');
  expect(status).toBe(2);
});

it.each([200, 404])('ends with 2 and one line if a web page is in place of the API, with status %i', async (status) => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><h1>Welcome to nginx!</h1>');
  });
  const ended = await run([url, '--user-id', '7', '--token', token]);
  expect(ended.err).toMatch(/^koodrive-conformance: there is no KooDrive Backup API: .* and a web page\n$/);
  expect(ended.status).toBe(2);
  expect(requests).toBeLessThan(20);
});

it.each([
  ['/koodrive/ose/v1', '/koodrive/ose/v1'],
  ['/gateway/koodrive/ose/v1/', '/koodrive/ose/v1'],
  ['/koodrive', '/koodrive'],
])('ends with 2 if the base URL ends with the paths of the contract, %s, and nothing is there', async (path, twice) => {
  const url = await serve((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":404,"msg":"not found"}');
  });
  const { status, err } = await run([url + path, '--user-id', '7', '--token', token]);
  expect(err).toMatch(`404 to /koodrive/ose/v1/backup/device: leave ${twice} out of the base URL, because the`);
  expect(status).toBe(2);
});

it.each([
  [
    'check',
    { check: 'utc-time' },
    'there is no check utc-time (did you mean utc-times?): koodrive-conformance --list prints them all',
  ],
  [
    'operation',
    { check: 'utc-times', operation: 'bind' },
    /the contract has no operation bind.*: it has .*\bbindDevice\b/,
  ],
])('ends with 2 if a deviation names a %s that does not exist', async (_what, named, message) => {
  const folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'deviations.json');
  await writeFile(file, JSON.stringify([{ ...named, reason: 'TICKET-1', expires: '2999-12-31' }]));
  const args = ['http://127.0.0.1:1', '--user-id', '7', '--token', token, '--deviations', file];
  const { status, out, err } = await run(args);
  expect(err).toMatch(message);
  expect(err).toMatch(/^koodrive-conformance: deviation 1: .*\n$/);
  expect(out).toBe('');
  expect(status).toBe(2);
});

it('leaves no archive if it could not run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'run.har');
  const args = ['http://127.0.0.1:1', '--user-id', '7', '--token', token, '--report', `har=${file}`];
  expect((await run(args)).status).toBe(2);
  expect(await readdir(folder)).toEqual([]);
});

it('keeps to --max-requests, and reports what was not observed', async () => {
  const { status, out } = await run([mock.url, '--user-id', '7', '--token', token, '--max-requests', '40']);
  expect(out).toContain('the limit of 40 requests was reached');
  expect(out).toMatch(/^This run proves less than it could:\n {2}the run ended at its limit of requests$/m);
  expect(status).toBe(0);
});

it.each([
  ['--help', /^Usage: koodrive-conformance <base-url>/],
  ['-h', /^Usage: koodrive-conformance <base-url>/],
  ['--version', /^\d+\.\d+\.\d+\n$/],
  ['--list', /^answered +contract +Every request gets a complete answer/],
])('answers %s, and ends with 0', async (option, told) => {
  const { status, out, err } = await run([option]);
  expect(out).toMatch(told);
  expect([status, err]).toEqual([0, '']);
});
