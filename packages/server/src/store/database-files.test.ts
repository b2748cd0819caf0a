import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, lockHeader, refusedWith, succeed } from '../../test/calls.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';

let folder: string;
let data: string;
let file: string;
let told: unknown[];
let server: TestServer;
let user: User;
let headers: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-files-'));
  data = join(folder, 'data');
  file = join(data, 'records.sqlite');
  told = [];
  server = await start();
  user = await server.newUser();
  headers = await lockHeader(server, user);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = () => startTestServer({ data, adminPort: 0, onReadiness: (error) => told.push(error) });

const create = (properties: string) =>
  call(server, user, 'createBackupRecord', { headers, body: { moduleCode: '101', deviceId: 'd', properties } });

async function acknowledge(properties: string): Promise<void> {
  const { status, text } = await create(properties);
  expect(status, text).toBe(200);
}

async function refuse(properties: string): Promise<void> {
  const refused = await create(properties);
  refusedWith(503, refused, 503);
  expect(refused.headers.get('retry-after')).toBe('1');
}

async function kept(): Promise<unknown[]> {
  const list = await succeed(server, user, 'listBackupRecord', { query: { moduleCode: '101', pageSize: '100' } });
  return list.map(({ properties }) => properties).toReversed();
}

async function readiness(): Promise<[number, string]> {
  // What was found before is too old then.
  server.time += 1000;
  const response = await fetch(`${server.adminUrl}/readyz`);
  return [response.status, await response.text()];
}

const changes: [what: string, change: () => void, reason: string][] = [
  ['the database is removed', () => rmSync(file), 'records.sqlite was removed'],
  ['its log is removed', () => rmSync(`${file}-wal`), 'records.sqlite-wal was removed'],
  ['its index is removed', () => rmSync(`${file}-shm`), 'records.sqlite-shm was removed'],
  ['the folder is moved', () => renameSync(data, join(folder, 'elsewhere')), 'records.sqlite was removed'],
  [
    'another database is put in its place',
    () => {
      copyFileSync(file, join(folder, 'copy'));
      renameSync(join(folder, 'copy'), file);
    },
    'records.sqlite was replaced',
  ],
  ['the database is overwritten', () => writeFileSync(file, ''), 'records.sqlite was overwritten'],
];

it.each(changes)('where %s, nothing more is acknowledged, and it is said why', async (_, change, reason) => {
  await acknowledge('"before"');
  expect(await readiness()).toEqual([200, 'ready\n']);
  change();
  await refuse('"after"');
  const [status, text] = await readiness();
  expect(status).toBe(503);
  expect(text).toMatch(/^not ready: [^\n]+\n$/);
  expect(text).toContain(`${reason} while it was open`);
  await readiness();
  expect(told).toEqual([
    expect.objectContaining({ name: 'StoreUnavailable', message: expect.stringContaining(reason) }),
  ]);
  expect((await fetch(`${server.adminUrl}/healthz`)).status).toBe(200);
  // What is there can still be had.
  expect(await kept()).toContain('"before"');
});

it('goes on by itself where the folder is put back', async () => {
  await acknowledge('"before"');
  renameSync(data, join(folder, 'elsewhere'));
  await refuse('"refused"');
  expect((await readiness())[0]).toBe(503);
  renameSync(join(folder, 'elsewhere'), data);
  await acknowledge('"after"');
  expect(await readiness()).toEqual([200, 'ready\n']);
  expect(told).toEqual([expect.any(Error), undefined]);
  expect(await kept()).toEqual(expect.arrayContaining(['"before"', '"after"']));
});

it.each(['wal', 'shm'])(
  'has all that was acknowledged after a restart, where records.sqlite-%s was removed',
  async (name) => {
    for (let i = 0; i < 20; i++) await acknowledge(`${i}`);
    rmSync(`${file}-${name}`);
    await refuse('"refused"');
    server = await server.restart();
    expect((await kept()).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    await acknowledge('"after"');
  },
);

it('goes on after a restart with the database that was put in its place, and with nothing of the other one', async () => {
  await acknowledge('"backed up"');
  const copy = join(folder, 'copy');
  // As the README has it.
  const database = new DatabaseSync(file);
  database.exec(`VACUUM INTO '${copy}'`);
  database.close();
  await acknowledge('"not backed up"');
  renameSync(copy, file);
  await refuse('"refused"');
  server = await server.restart();
  expect(await kept()).toEqual(['"backed up"']);
  await acknowledge('"after"');
  expect(readdirSync(data).filter((name) => name.startsWith('records.sqlite-wal-before-'))).toHaveLength(1);
});

it('makes no new database beside the log of one that is gone', async () => {
  await acknowledge('"before"');
  rmSync(file);
  await server.close();
  await expect(start()).rejects.toThrow(`${file} is missing, and its log ${file}-wal is there`);
  expect(existsSync(file)).toBe(false);
});

it('looks after the files by itself', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  try {
    server = await server.restart();
    rmSync(file);
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => told).toEqual([expect.objectContaining({ name: 'StoreUnavailable' })]);
  } finally {
    vi.useRealTimers();
  }
});
