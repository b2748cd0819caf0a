import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runConformance } from '../src/run-conformance.ts';

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

it('leaves nothing behind when it is interrupted, and says so', async () => {
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const child = spawn(process.execPath, [cli, server.url, '--user-id', '7', '--level', 'behaviour'], {
    env: { PATH: process.env.PATH, KOODRIVE_TOKEN: token },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  while ((await ask('GET', '/device')).data.length < 3) await sleep(20);
  child.kill('SIGINT');
  const [status] = await once(child, 'close');
  expect(err).toBe('koodrive-conformance: interrupted; what was created has been removed\n');
  expect(status).toBe(2);
  await expectNothingLeft(0);
});
