import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rawRequest, sendRawUntilClose } from '@koodrive-backup/testkit/raw-http';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { expect, it, onTestFinished } from 'vitest';
import { createCaller } from '../../test/caller.ts';
import { operation } from '../../test/calls.ts';
import { issueTokens, prepareWorkers, type Worker } from '../../test/endurance/load.ts';

// Only tests that need a process, and things in it that can hang.

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-stop-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function newWorker(url: string, data: string): Promise<Worker> {
  const [worker] = await prepareWorkers(url, await issueTokens({ data }, ['alice']));
  if (!worker) throw new Error('no user could be prepared');
  return worker;
}

/** A request that only reads, as it is sent. */
const reading = (path: string, { userId, token }: Worker, ...more: string[]): string =>
  rawRequest([
    `GET ${path} HTTP/1.1`,
    'Host: a',
    `Authorization: Bearer ${token}`,
    `X-User-Id: ${userId}`,
    `X-Date: ${xDate(Date.now() - 1000)}`,
    ...more,
  ]);

it('lets a slow client read every answer that is under way', async () => {
  const data = newFolder();
  await using server = await startProcess({ data });
  const worker = await newWorker(server.url, data);
  const caller = createCaller(server.url, worker);
  const { deviceId, lockId } = worker;
  const body = { moduleCode: '101', deviceId, properties: JSON.stringify({ text: 'a'.repeat(900_000) }) };
  const created = await caller.call('createBackupRecord', { lockId, body });
  caller.close();

  const { path } = operation('getBackupRecord');
  const request = reading(path.replace('{recordId}', created.envelope.data.recordId), worker);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.setEncoding('latin1').write(request.repeat(30));
  await untilSteady(async () => {
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    return /operation="getBackupRecord",status="200"\} (\d+)/.exec(metrics)?.[1] ?? '';
  });

  const ended = server.kill('SIGTERM');
  await expect.poll(() => fetch(server.url).catch(() => 'closed')).toBe('closed');
  let received = '';
  for await (const chunk of socket) received += chunk;
  const begun = received.match(/HTTP\/1\.1 200 OK\r\n/g)?.length;
  expect(begun).toBeGreaterThan(0);
  expect(received.match(/a{900000}/g)?.length).toBe(begun);
  expect(received).toMatch(/\}\}$/);
  expect((await ended).code).toBe(0);
});

/** Waits until a value stays the same for a while: then the server waits for its client, and does nothing. */
async function untilSteady(read: () => Promise<string>): Promise<void> {
  const last: string[] = [];
  await expect
    .poll(async () => {
      last.push(await read());
      return last.length >= 5 && last.at(-1) !== '' && new Set(last.slice(-5)).size === 1;
    })
    .toBe(true);
}

it('ends even if its store hangs, and logs that', async () => {
  const data = newFolder();
  const [order, obeyed] = [join(data, 'hang'), join(data, 'hangs')];
  // Runs a statement in the store's thread that neither a signal nor another thread can interrupt, like a disk that
  // hangs.
  const hanging = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { DatabaseSync } from 'node:sqlite';
    import { isMainThread } from 'node:worker_threads';
    if (!isMainThread) setInterval(() => {
      if (!existsSync(${JSON.stringify(order)})) return;
      writeFileSync(${JSON.stringify(obeyed)}, '');
      new DatabaseSync(':memory:').prepare('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n').get();
    }, 20);`;
  await using server = await startProcess({ data }, [
    '--import',
    `data:text/javascript,${encodeURIComponent(hanging)}`,
  ]);
  writeFileSync(order, '');
  await expect.poll(() => existsSync(obeyed)).toBe(true);
  const { code, stdout } = await server.kill('SIGTERM');
  expect(code).toBeNull();
  expect(stdout).toContain('"ready":false,"reason":"the store did not finish its work in time"');
});

it('ends even if nobody reads its log', async () => {
  const data = newFolder();
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
  const child = spawn(process.execPath, [cli, '--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  child.stdout.pause();
  const [url = ''] = /http:\S+/.exec(`${line}`) ?? [];
  const worker = await newWorker(url, data);
  const { path } = operation('listBoundDevice');
  // Their log lines are more than the pipe holds.
  const requests = reading(path, worker).repeat(1500) + reading(path, worker, 'Connection: close');
  const answers = await sendRawUntilClose(url, requests);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  child.kill('SIGTERM');
  expect(await exit).toEqual([null, 'SIGTERM']);
});
