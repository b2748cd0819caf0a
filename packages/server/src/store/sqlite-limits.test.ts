import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, refusedWith, succeed } from '../../test/calls.ts';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';
import { startTestServer } from '../../test/test-server.ts';
import type { Row, StoreOptions } from './store.ts';

let folder: string;
let fifo: string;
let store: TestStore;
let letGo: () => Promise<unknown>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-limits-'));
  fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  letGo = async () => {};
});
afterEach(async () => {
  vi.useRealTimers();
  await letGo();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

// With the default time limit, not the longer one of other tests, because time passes here only if a test lets it.
async function open(options: StoreOptions = {}): Promise<void> {
  store = await openTestStore({ data: folder }, options);
}

const add = (name: string): Promise<Row[]> =>
  store.transact('query', "INSERT INTO settings (name, value) VALUES (?, 'v')", name);
const names = async (): Promise<unknown[]> =>
  (await store.read('SELECT name FROM settings ORDER BY name')).map(({ name }) => name);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const refused = (message: string, fate?: 'not done' | 'unknown') => {
  const limit = [
    ['wait already', 'queued'],
    ['not done within', 'store_time'],
  ].find(([text = '']) => message.includes(text))?.[1];
  const reason = { name: 'StoreUnavailable', message: `SQLite: ${message}`, fate, limit };
  return { status: 'rejected', reason: expect.objectContaining(reason) };
};

/** Lets a change hang in the thread that writes. Returns when it hangs. */
async function hang(): Promise<{ settled: Promise<PromiseSettledResult<unknown>> }> {
  const settled = Promise.allSettled([store.transact('hang', fifo)]).then(([result]) => result);
  // Opening the FIFO waits until the thread reads from it.
  const handle = await openFile(fifo, 'w');
  letGo = async () => {
    letGo = async () => {};
    await handle.close();
  };
  return { settled };
}

it('refuses changes at once if too many wait, does those that wait, and goes on reading', async () => {
  await open({ maxQueued: 3 });
  const { settled } = await hang();
  const waiting = [add('a'), add('b')];
  expect(store.load()).toEqual({ reads: 0, changes: 3 });
  expect(await Promise.allSettled([add('c'), add('d')])).toEqual(
    Array(2).fill(refused('3 jobs wait already', 'not done')),
  );
  expect(await names()).toEqual([]);
  await letGo();
  await Promise.all(waiting);
  expect((await settled).status).toBe('fulfilled');
  expect(await names()).toEqual(['a', 'b', 'hung']);
  await add('c');
  expect(store.load()).toEqual({ reads: 0, changes: 0 });
});

it('refuses reads at once if too many wait', async () => {
  await open({ maxQueued: 20 });
  const results = await Promise.allSettled(Array.from({ length: 22 }, (_, i) => store.read('SELECT ? AS i', i)));
  expect(results.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => ({ status: 'fulfilled', value: [{ i }] })));
  expect(results.slice(20)).toEqual(Array(2).fill(refused('20 jobs wait already')));
});

it('refuses changes that are not done in time, and never begins those that had not begun', async () => {
  await open();
  const { settled } = await hang();
  // The thread has some of them already. The others wait until it can have more.
  const waiting = Array.from({ length: 300 }, (_, i) => add(`${i}`));
  await turn();
  vi.advanceTimersByTime(4999);
  await turn();
  expect(store.load().changes).toBe(301);
  vi.advanceTimersByTime(1);
  expect(await settled).toEqual(refused('it was not done within 5000 ms', 'unknown'));
  expect(await Promise.allSettled(waiting)).toEqual(
    Array(300).fill(refused('it was not done within 5000 ms', 'not done')),
  );
  // The changes that the thread has still count.
  expect(store.load().changes).toBeLessThan(200);
  await letGo();
  await add('after');
  // The fate of the change under way was unknown. It was done after all.
  expect(await names()).toEqual(['after', 'hung']);
  expect(store.load()).toEqual({ reads: 0, changes: 0 });
});

it('reports that a change was not done if it waits too long for another process', async () => {
  await open({ storeTimeoutMs: 100 });
  const other = new DatabaseSync(join(folder, 'records.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  const change = Promise.allSettled([add('a')]);
  await turn();
  vi.advanceTimersByTime(100);
  expect(await change).toEqual([refused('it was not done within 100 ms', 'not done')]);
  other.exec('ROLLBACK');
  other.close();
  await add('b');
  expect(await names()).toEqual(['b']);
});

it('reports no fate for a read that is not done in time', async () => {
  await open();
  const read = Promise.allSettled([store.read('SELECT 1')]);
  vi.advanceTimersByTime(5000);
  expect(await read).toEqual([refused('it was not done within 5000 ms')]);
  expect(await store.read('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('is closed in the given time, and reports the fate of every change', async () => {
  await open();
  const { settled } = await hang();
  const waiting = Promise.allSettled([add('a'), add('b')]);
  let isClosed = false;
  const closed = store.close(1000).then(() => {
    isClosed = true;
  });
  for (let turns = 0; turns < 100; turns++) await turn();
  expect(isClosed).toBe(false);
  // The reading thread ends first, in real time.
  while (!isClosed) {
    vi.advanceTimersByTime(1000);
    await turn();
  }
  await closed;
  expect(await settled).toEqual(refused('the store was closed before it was done', 'unknown'));
  expect(await waiting).toEqual(Array(2).fill(refused('the store was closed before it was done', 'not done')));
  expect(await Promise.allSettled([add('c'), store.read('SELECT 1')])).toEqual([
    refused('the store is closed', 'not done'),
    refused('the store is closed'),
  ]);
});

it('answers 503 with Retry-After to requests that would wait too long', async () => {
  await open();
  vi.useRealTimers();
  const server = await startTestServer({ maxQueued: 1 });
  try {
    const user = await server.newUser();
    const bind = (machineCode: string) => call(server, user, 'bindDevice', { body: { machineCode } });
    await succeed(server, user, 'bindDevice', { body: { machineCode: 'first' } });
    const other = new DatabaseSync(join(server.data, 'records.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const both = [bind('second'), bind('third')];
    const answer = await Promise.race(both);
    expect(refusedWith(503, answer, 503)).toBe('The service is busy, and nothing was stored. Try again later.');
    expect(answer.headers.get('retry-after')).toBe('1');
    other.exec('ROLLBACK');
    other.close();
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(await succeed(server, user, 'listBoundDevice')).toHaveLength(2);
  } finally {
    await server.close();
  }
});
