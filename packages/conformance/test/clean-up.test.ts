import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { runConformance } from '../src/run.ts';
import { type Ended, runCommandLine } from './command-line.ts';
import { holdTimers } from './hold-timers.ts';
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
  const response = await fetch(server.url + base + path, {
    method,
    headers: {
      Authorization: `Bearer+${token}`,
      'X-User-Id': '7',
      'X-Date': xDate(Date.now()),
      'Content-Type': 'application/json',
    },
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
  const { requests, leftBehind } = await runConformance({
    baseUrl: server.url,
    credentials: { userId: '7', token },
    level: 'behaviour',
    // These checks create the most. The run reaches the limit while they run.
    only: ['lock-exclusive', 'record-echo', 'list-pages', 'creates-in-parallel', 'device-bound', 'device-unbound'],
    maxRequests: 200,
    seed: 1,
  });
  expect(requests).toBeGreaterThan(200);
  expect(leftBehind).toEqual([]);
  await expectNothingLeft(1);
});

it('removes what it created even if it holds no lock at the end', async () => {
  const credentials = { userId: '7', token };
  await runConformance({ baseUrl: server.url, credentials, level: 'behaviour', only: ['any-order'], runs: 1, seed: 1 });
  await expectNothingLeft(0);
});

async function wrapped(wrapper: Wrapper): Promise<string> {
  const provider = await startWrapped(server.url, wrapper);
  onTestFinished(() => provider.close());
  return provider.url;
}

describe('when it is interrupted', () => {
  // The suite has a limited time to clean up, which a slow machine must not use up.
  beforeEach(holdTimers);
  afterEach(() => void vi.useRealTimers());

  const run = (url: string, ...args: string[]): Promise<Ended> =>
    runCommandLine([url, '--user-id', '7', '--level', 'behaviour', ...args], { KOODRIVE_TOKEN: token });

  it('leaves nothing behind, and reports that', async () => {
    let devices = 0;
    const url = await wrapped(async (request, forward) => {
      const answer = await forward(request);
      const isDevice = request.method === 'POST' && request.target.endsWith('/device');
      if (isDevice) devices += 1;
      if (isDevice && devices === 3) process.emit('SIGINT');
      return answer;
    });
    const files = (['json', 'junit', 'html', 'har'] as const).map((format) => [format, join(data, format)] as const);
    const ended = await run(url, ...files.flatMap(([format, file]) => ['--report', `${format}=${file}`]));
    expect(ended).toMatchObject({
      status: 2,
      err: 'koodrive-conformance: interrupted; what was created has been removed\n',
    });
    expect(ended.out).toMatch(/Nothing was violated until the run ended early\.\n$/);
    const [json = '', junit, html, har = ''] = await Promise.all(files.map(([, file]) => readFile(file, 'utf8')));
    const report: Report = JSON.parse(json);
    expect(report).toMatchObject({ honoured: true, endedEarly: 'the run was interrupted' });
    expect(report.results.some(({ reason }) => reason === 'the run was interrupted')).toBe(true);
    expect(JSON.parse(har).log.entries).toHaveLength(report.requests);
    for (const text of [junit, html]) expect(text).toContain('the run was interrupted');
    expect(devices).toBeGreaterThanOrEqual(3);
    await expectNothingLeft(0);
  });

  it('reports what it could not remove', async () => {
    let isInterrupted = false;
    const url = await wrapped(async (request, forward) => {
      if (request.method === 'DELETE' && !request.target.endsWith('/lock'))
        return { status: 500, headers: [], body: Buffer.alloc(0) };
      const answer = await forward(request);
      if (request.target.endsWith('/record') && !isInterrupted) isInterrupted = process.emit('SIGTERM');
      return answer;
    });
    const { status, err } = await run(url, '--only', 'record-new');
    expect(err).toMatch(
      /^koodrive-conformance: interrupted; left behind: (record \d+ of user 7, )+device \d+ of user 7\n$/,
    );
    expect(status).toBe(2);
  });
});

it('ends at once after two interruptions, by either signal, and leaves no incomplete archive', async () => {
  const archive = join(data, 'run.har');
  let requests = 0;
  const url = await wrapped(async (request, forward) => {
    requests += 1;
    if (requests < 20) return forward(request);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    return 'hang';
  });
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const args = [url, '--user-id', '7', '--level', 'behaviour', '--report', `har=${archive}`];
  const child = spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env.PATH, KOODRIVE_TOKEN: token },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  // The message would differ if the run had waited for the hanging request, or cleaned up.
  expect(err).toBe('koodrive-conformance: interrupted twice; some of what was created may remain\n');
  expect(status).toBe(2);
  expect(existsSync(archive)).toBe(false);
});
