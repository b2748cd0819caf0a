import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, lockHeader, refusedWith, succeed } from '../../test/calls.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { headerOn } from './database-files.ts';

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
  // The loss is found before the commit, so nothing of the change is stored.
  expect(refusedWith(503, refused, 503)).toBe('The service is busy, and nothing was stored. Try again later.');
  expect(refused.headers.get('retry-after')).toBe('1');
}

async function kept(): Promise<unknown[]> {
  const list = await succeed(server, user, 'listBackupRecord', { query: { moduleCode: '101', pageSize: '100' } });
  return list.map(({ properties }) => properties).toReversed();
}

async function readiness(): Promise<[number, string]> {
  // So that the result of an earlier check is too old.
  server.time += 1000;
  const response = await fetch(`${server.adminUrl}/readyz`);
  const metrics = await fetch(`${server.adminUrl}/metrics`);
  // Alerts depend on the gauge, so it must agree with the answer that a load balancer gets.
  expect(await metrics.text()).toContain(`\nkoodrive_ready ${Number(response.ok)}\n`);
  return [response.status, await response.text()];
}

/** Runs statements on the database over a connection of its own, as another process would. */
function elsewhere(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/**
 * Writes a file over the database, which keeps its inode. In a process of its own, so that this one loses no lock.
 */
const writeOver = (source: string): void => void execFileSync('cp', [source, file]);

const copyOf = (name: string): string => join(folder, name);
const vacuumInto = (): void => elsewhere(`VACUUM INTO '${copyOf('copy')}'`);
const checkpoint = (): void => elsewhere('PRAGMA wal_checkpoint(TRUNCATE)');

const changes: { what: string; before?: () => unknown; change: () => void; reason: string }[] = [
  { what: 'the database is removed', change: () => rmSync(file), reason: 'records.sqlite was removed' },
  { what: 'its log is removed', change: () => rmSync(`${file}-wal`), reason: 'records.sqlite-wal was removed' },
  { what: 'its index is removed', change: () => rmSync(`${file}-shm`), reason: 'records.sqlite-shm was removed' },
  {
    what: 'the folder is moved',
    change: () => renameSync(data, copyOf('elsewhere')),
    reason: 'records.sqlite was removed',
  },
  {
    what: 'another file is put in its place',
    before: () => copyFileSync(file, copyOf('copy')),
    change: () => renameSync(copyOf('copy'), file),
    reason: 'records.sqlite was replaced',
  },
  {
    what: 'an empty file is written over it',
    before: () => writeFileSync(copyOf('empty'), ''),
    change: () => writeOver(copyOf('empty')),
    reason: 'records.sqlite was overwritten',
  },
  {
    what: 'a file that is no database is written over it',
    before: () => writeFileSync(copyOf('text'), 'a text that is longer than the header of a database. '.repeat(1000)),
    change: () => writeOver(copyOf('text')),
    reason: 'records.sqlite was overwritten',
  },
  {
    what: 'another database is written over it',
    before() {
      const other = new DatabaseSync(copyOf('other'));
      other.exec('PRAGMA application_id = 1; CREATE TABLE a (b)');
      other.close();
    },
    change: () => writeOver(copyOf('other')),
    reason: 'records.sqlite was overwritten',
  },
  {
    what: 'a copy by VACUUM INTO is written over it',
    before: vacuumInto,
    change: () => writeOver(copyOf('copy')),
    reason: 'records.sqlite was overwritten',
  },
  {
    what: 'an older copy of its file is written over it',
    async before() {
      checkpoint();
      execFileSync('cp', [file, copyOf('copy')]);
      await acknowledge('"later than the copy"');
      checkpoint();
    },
    change: () => writeOver(copyOf('copy')),
    reason: 'records.sqlite was overwritten',
  },
];

it.each(changes)('if $what, nothing more is acknowledged or stored, and the reason is reported', async (entry) => {
  await entry.before?.();
  await acknowledge('"before"');
  expect(await readiness()).toEqual([200, 'ready\n']);
  entry.change();
  await refuse('"after"');
  const [status, text] = await readiness();
  expect(status).toBe(503);
  expect(text).toMatch(/^not ready: [^\n]+\n$/);
  expect(text).toContain(`${entry.reason} while it was open`);
  await readiness();
  expect(told).toEqual([
    expect.objectContaining({ name: 'StoreUnavailable', message: expect.stringContaining(entry.reason) }),
  ]);
  expect((await fetch(`${server.adminUrl}/healthz`)).status).toBe(200);
  // Records can still be read.
  if (!entry.reason.includes('overwritten')) expect(await kept()).toContain('"before"');
});

it('goes on while another process vacuums the database or puts the log into it', async () => {
  const large = 'x'.repeat(100_000);
  for (let i = 0; i < 10; i++) await acknowledge(`"${large}"`);
  checkpoint();
  const { size } = statSync(file);
  elsewhere('DELETE FROM records; VACUUM');
  await acknowledge('"after"');
  checkpoint();
  expect(statSync(file).size).toBeLessThan(size);
  await acknowledge('"later"');
  elsewhere('VACUUM');
  checkpoint();
  await acknowledge('"last"');
  expect(await readiness()).toEqual([200, 'ready\n']);
  expect(await kept()).toEqual(['"after"', '"later"', '"last"']);
  expect(told).toEqual([]);
});

it('goes on after its own log was put into the database many times', async () => {
  const large = `"${'x'.repeat(500_000)}"`;
  const [written, changed] = [statSync(file).mtimeMs, new Set<number>()];
  for (let i = 0; i < 30; i++) {
    await acknowledge(large);
    changed.add(statSync(file).mtimeMs);
  }
  // Otherwise the log was never put into the database.
  expect(changed.size + Number(!changed.has(written))).toBeGreaterThan(2);
});

it('goes on when an overwritten database is restored', async () => {
  await acknowledge('"before"');
  execFileSync('cp', [file, copyOf('sound')]);
  writeFileSync(copyOf('text'), 'a text that is longer than the header of a database. '.repeat(1000));
  writeOver(copyOf('text'));
  await refuse('"refused"');
  writeOver(copyOf('sound'));
  await acknowledge('"after"');
  expect(await readiness()).toEqual([200, 'ready\n']);
  expect(await kept()).toEqual(['"before"', '"after"']);
});

it('serves a copy that was written over the database after a restart, with nothing of the old database', async () => {
  await acknowledge('"backed up"');
  vacuumInto();
  for (let i = 0; i < 50; i++) await acknowledge(`"${i} ${'x'.repeat(1000)}"`);
  writeOver(copyOf('copy'));
  await refuse('"refused"');
  server = await server.restart();
  expect(await kept()).toEqual(['"backed up"']);
  await acknowledge('"after"');
  expect(readdirSync(data).filter((name) => name.startsWith('records.sqlite-wal-before-'))).toHaveLength(1);
  expect(new DatabaseSync(file).prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

it('goes on by itself if the folder is put back', async () => {
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
  'has everything that was acknowledged after records.sqlite-%s was removed and the server restarted',
  async (name) => {
    for (let i = 0; i < 20; i++) await acknowledge(`${i}`);
    rmSync(`${file}-${name}`);
    await refuse('"refused"');
    server = await server.restart();
    expect((await kept()).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    await acknowledge('"after"');
  },
);

it('serves a database that replaced the old one after a restart, with nothing of the old one', async () => {
  await acknowledge('"backed up"');
  const copy = join(folder, 'copy');
  // As an operator can do with SQLite's own tools.
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

it('reads the header of a file that is shorter than it says, because the log is being put into it', () => {
  const whole = copyOf('whole');
  const database = new DatabaseSync(whole);
  database.exec('PRAGMA application_id = 7; CREATE TABLE a (b); CREATE TABLE c (d); PRAGMA user_version = -5');
  database.close();
  const header = { application_id: 7, user_version: -5, schema_version: 2 };
  expect(headerOn(whole)).toEqual(header);
  truncateSync(whole, 4096);
  expect(headerOn(whole)).toEqual(header);
});

it('creates no new database beside the log of one that is gone', async () => {
  await acknowledge('"before"');
  rmSync(file);
  await server.close();
  await expect(start()).rejects.toThrow(`${file} is missing, but its log ${file}-wal exists`);
  expect(existsSync(file)).toBe(false);
});

it('checks the files without being asked', async () => {
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
