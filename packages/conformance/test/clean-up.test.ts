import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { runConformance } from '../src/run.ts';
import { startWrapped, type Wrapper } from './provider.ts';

const base = '/koodrive/ose/v1/backup';
let data: string;
let server: BackupServer;
let token: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  server = await startServer({ data });
  token = await server.issueToken('7');
});
afterEach(async () => {
  await server.close();
  await rm(data, { recursive: true });
});

async function ask(method: string, path: string, body?: object): Promise<{ code: number; data: { status: number }[] }> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const response = await fetch(server.url + base + path, {
    method,
    headers: { Authorization: `Bearer+${token}`, 'X-User-Id': '7', 'X-Date': date, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json() as Promise<{ code: number; data: { status: number }[] }>;
}

async function expectNothingLeft(devices: number): Promise<void> {
  expect((await ask('GET', '/device')).data).toHaveLength(devices);
  for (const moduleCode of ['100', '101', '102']) {
    const { data: records } = await ask('GET', `/record?moduleCode=${moduleCode}&pageSize=100`);
    expect(records.filter(({ status }) => status !== 2)).toEqual([]);
    expect((await ask('POST', '/lock', { moduleCode })).code, `the lock of ${moduleCode}`).toBe(0);
  }
}

it("removes what it has created, and leaves the user's own devices", async () => {
  await ask('POST', '/device', { machineCode: 'mine' });
  const { requests } = await runConformance({
    baseUrl: server.url,
    credentials: { userId: '7', token },
    level: 'behaviour',
    runs: 5,
    maxRequests: 1500,
  });
  expect(requests).toBeGreaterThan(1500);
  await expectNothingLeft(1);
});

it('removes what it has created where it holds no lock in the end', async () => {
  const credentials = { userId: '7', token };
  await runConformance({ baseUrl: server.url, credentials, level: 'behaviour', only: ['any-order'], runs: 3, seed: 1 });
  await expectNothingLeft(0);
});

/** Runs the command, and gives what it says at its end. */
function start(url: string, ...args: string[]): { child: ChildProcess; end: Promise<{ status: number; err: string }> } {
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const child = spawn(process.execPath, [cli, url, '--user-id', '7', '--level', 'behaviour', ...args], {
    env: { PATH: process.env.PATH, KOODRIVE_TOKEN: token },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = Promise.all([text(child.stderr), once(child, 'close')]);
  return { child, end: end.then(([err, [status]]) => ({ status, err })) };
}

async function wrapped(wrapper: Wrapper): Promise<string> {
  const provider = await startWrapped(server.url, wrapper);
  onTestFinished(() => provider.close());
  return provider.url;
}

it('leaves nothing behind when it is interrupted, and says so', async () => {
  const { child, end } = start(server.url);
  while ((await ask('GET', '/device')).data.length < 3) await sleep(20);
  child.kill('SIGINT');
  const { err, status } = await end;
  expect(err).toBe('koodrive-conformance: interrupted; what was created has been removed\n');
  expect(status).toBe(2);
  await expectNothingLeft(0);
});

it('cleans up at once when it is interrupted, however few requests it may send in a second', async () => {
  const times: number[] = [];
  const url = await wrapped(async (request, forward) => {
    times.push(performance.now());
    if (times.length === 4) child.kill('SIGINT');
    return forward(request);
  });
  const { child, end } = start(url, '--rate', '2', '--only', 'creates-in-parallel');
  const { err } = await end;
  expect(err).toBe('koodrive-conformance: interrupted; what was created has been removed\n');
  const gaps = times.slice(4).map((time, i) => time - Number(times[i + 3]));
  // Any may be long on a slow machine; at the rate, all would be.
  expect(Math.min(...gaps)).toBeLessThan(450);
  await expectNothingLeft(0);
});

it('says what it has left behind when it is interrupted', async () => {
  let isInterrupted = false;
  const url = await wrapped(async (request, forward) => {
    if (request.method === 'DELETE' && !request.target.endsWith('/lock'))
      return { status: 500, headers: [], body: Buffer.alloc(0) };
    const answer = await forward(request);
    if (request.target.endsWith('/record') && !isInterrupted) isInterrupted = child.kill('SIGINT');
    return answer;
  });
  const { child, end } = start(url, '--only', 'record-new');
  const { err, status } = await end;
  expect(err).toMatch(
    /^koodrive-conformance: interrupted; left behind: (record \d+ of user 7, )+device \d+ of user 7\n$/,
  );
  expect(status).toBe(2);
});

it('ends at once when it is interrupted twice, by whichever signal, and leaves no half of an archive', async () => {
  const archive = join(data, 'run.har');
  let requests = 0;
  let interrupted = 0;
  const url = await wrapped(async (request, forward) => {
    requests += 1;
    if (requests < 20) return forward(request);
    interrupted ||= performance.now();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    return 'hang';
  });
  const { child, end } = start(url, '--report', `har=${archive}`);
  const { err, status } = await end;
  // Sooner than cleaning up would be given up.
  expect(performance.now() - interrupted).toBeLessThan(5000);
  expect(err).toBe('koodrive-conformance: interrupted twice; what was created has not all been removed\n');
  expect(status).toBe(2);
  expect(existsSync(archive)).toBe(false);
});
