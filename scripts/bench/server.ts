import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { exampleCall } from '@koodrive-backup/compare/measure';
import { type ServerProcess, startProcess } from '@koodrive-backup/testkit/server-process';
import type { Result as Load, Options } from 'autocannon';
import pg from 'pg';
import { type Series, svgPlot } from './svg-plot.ts';

/** One measurement and its reference. */
export interface Result {
  name: string;
  value: number;
  reference: number;
  unit: string;
}

/** A request that is sent again and again. */
export interface Request {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Where a server keeps its records: in a folder, or in PostgreSQL if `databaseUrl` is set. */
interface Storage {
  data: string;
  databaseUrl?: string;
}

/**
 * Measures durable creates of the server on SQLite. The references are stock Prism, a node:http server that stores
 * nothing, and the smallest program that stores records (`sketch.ts`), which shows what this machine and disk allow.
 */
export async function benchServer(prismRequestsPerSecond: () => Promise<number>): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-server-'));
  const server = await startProcess({ data: folder });
  const bare = await startBare();
  const sketch = await startReference(join(import.meta.dirname, 'sketch.ts'), join(folder, 'sketch.sqlite'));
  try {
    const request = await createRequest(server, { data: folder });
    const { pathname } = new URL(request.url);
    const toBare = { ...request, url: bare.url + pathname };
    const toSketch = { ...request, url: sketch.url + pathname };
    await load(request, 64, 2);
    const [by16 = 0, bare16 = 0, sketch16 = 0] = await inTurns([request, toBare, toSketch], 16);
    const [by64 = 0, bare64 = 0, sketch64 = 0] = await inTurns([request, toBare, toSketch], 64);
    const memoryMb = residentMb(server.pid);
    const overallRate = Math.round(by64 / 2);
    const half = await load(request, 64, 8, { overallRate });
    const bareAsMuch = await load(toBare, 64, 8, { overallRate });
    const unit = 'requests/s';
    return [
      { name: 'server, 16, against Prism', value: by16, reference: await prismRequestsPerSecond(), unit },
      { name: 'server, 16, against bare', value: by16, reference: bare16, unit },
      { name: 'server, 64, against bare', value: by64, reference: bare64, unit },
      { name: 'server, 16, against sketch', value: by16, reference: sketch16, unit },
      { name: 'server, 64, against sketch', value: by64, reference: sketch64, unit },
      { name: 'sketch, 16, against bare', value: sketch16, reference: bare16, unit },
      { name: 'sketch, 64, against bare', value: sketch64, reference: bare64, unit },
      { name: 'server, p99 at half load', value: half.latency.p99, reference: 10, unit: 'ms, limit 10' },
      { name: 'p99 of bare at that load', value: bareAsMuch.latency.p99, reference: 10, unit: 'ms, limit 10' },
      { name: 'server, memory, full load', value: memoryMb, reference: 200, unit: 'MB, limit 200' },
    ];
  } finally {
    await server.kill();
    bare.stop();
    sketch.stop();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Measures creates with 1 thousand, 100 thousand and 5 million records in SQLite, and with 1, 2 and 4 processes on one
 * PostgreSQL. The reference of the latter is bare inserts into the same PostgreSQL. Draws a plot of both.
 */
export async function benchGrowth(): Promise<Result[]> {
  const byRecords: Load[] = [];
  const counts = [1_000, 100_000, 5_000_000];
  for (const count of counts) byRecords.push(await withRecords(count));
  const processes = [1, 2, 4];
  const { bare, loads: byProcesses } = await onPostgres(processes);
  const report = join(import.meta.dirname, 'dist', 'bench', 'server-growth.svg');
  mkdirSync(join(report, '..'), { recursive: true });
  const svg = svgPlot('Durable creates, 64 connections', [
    ...panels(
      'SQLite, by records stored',
      counts.map((count) => count.toLocaleString('en')),
      byRecords,
    ),
    ...panels('PostgreSQL, by server processes', processes.map(String), byProcesses),
  ]);
  writeFileSync(report, svg);
  console.error(`the plot is in ${report}`);
  const [few, , many] = byRecords;
  const [one, , four] = byProcesses;
  const unit = 'requests/s';
  return [
    { name: 'growth, 5 M against 1 k', value: rate(many), reference: rate(few), unit },
    {
      name: 'growth, p99, 5 M against 1 k',
      value: many?.latency.p99 ?? 0,
      reference: few?.latency.p99 ?? 0,
      unit: 'ms',
    },
    { name: 'growth, 4 against 1 process', value: rate(four), reference: rate(one), unit },
    { name: 'PostgreSQL, against bare insert', value: rate(one), reference: bare, unit },
  ];
}

const rate = (load: Load | undefined): number => load?.requests.average ?? 0;

const panels = (what: string, labels: string[], loads: Load[]): Series[] => [
  { title: `${what}: creates a second`, labels, values: loads.map(rate) },
  { title: `${what}: p99, ms`, labels, values: loads.map(({ latency }) => latency.p99) },
];

async function withRecords(count: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-growth-'));
  try {
    // Start it once, so that it creates the tables.
    await (await startProcess({ data: folder })).kill('SIGTERM');
    fill(join(folder, 'records.sqlite'), count);
    const server = await startProcess({ data: folder });
    try {
      const request = await createRequest(server, { data: folder });
      await load(request, 64, 1);
      return await load(request, 64, 5);
    } finally {
      await server.kill();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Inserts records into a store, of one user or spread over a thousand users. They are older than every record that a
 * server creates later.
 */
export function fill(file: string, count: number, userId: string | null = null, properties = '{"test":"123"}'): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL');
  const insert = database.prepare(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO records (record_id, user_id, module_code, device_id, status, properties, version)
    SELECT 1842862763295184641 + n * 4096, COALESCE(?, 'user' || (n % 1000)), '101', '1842812272691451648', 1, ?, 2
    FROM numbers`);
  // Not run(), because that reads the last row id, which is too large for a number.
  insert.all(count, userId, properties);
  database.exec('PRAGMA wal_checkpoint (TRUNCATE)');
  database.close();
  // Otherwise the measurement would include what the system has still to write to the disk.
  if (process.platform !== 'win32') execFileSync('sync');
}

/** The measurements on one PostgreSQL. */
interface OnPostgres {
  /** Bare inserts of the same row with the same driver, per second. */
  bare: number;
  /** Creates, one load for each number of server processes. */
  loads: Load[];
}

const connections = 64;

/** Measures in turns, so that other work of the machine affects all alike, and keeps the best turn of each. */
async function onPostgres(counts: number[]): Promise<OnPostgres> {
  const { createDatabase, startPostgres } = await import('@koodrive-backup/testkit/postgres');
  await using postgres = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'));
  const storage = { data: folder, databaseUrl: await createDatabase(postgres.url) };
  const servers: ServerProcess[] = [];
  try {
    for (let i = 0; i < Math.max(...counts); i++) servers.push(await startProcess(storage));
    const users = await createUsers(storage);
    const best: OnPostgres = { bare: 0, loads: [] };
    for (let turn = 0; turn < 4; turn++) {
      best.bare = Math.max(best.bare, await bareInserts(storage.databaseUrl, users));
      for (const [i, count] of counts.entries()) {
        const measured = await loadAll(servers.slice(0, count), users);
        if (rate(measured) > rate(best.loads[i])) best.loads[i] = measured;
      }
    }
    return best;
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    rmSync(folder, { recursive: true });
  }
}

/** Sends load to all servers at the same time. Each connection has its own user. */
async function loadAll(servers: ServerProcess[], users: Request[]): Promise<Load> {
  const each = users.length / servers.length;
  const loads = (duration: number): Promise<Load[]> =>
    Promise.all(servers.map(({ url }, i) => loadUsers(url, users.slice(i * each, (i + 1) * each), duration)));
  // Warm up until the code is compiled. This takes longer if more processes share the machine.
  await loads(5);
  return joined(await loads(3));
}

async function loadUsers(url: string, users: Request[], duration: number): Promise<Load> {
  const waiting = users.values();
  const [{ url: path, body, headers } = raise()] = users;
  return load({ url: url + path, headers, body }, users.length, duration, {
    setupClient: (client) => client.setHeaders(waiting.next().value?.headers ?? raise()),
  });
}

function raise(): never {
  throw new Error('there are fewer users than connections');
}

/** Returns the vendor page's request for one user per connection, each with its own lock. The URLs have no host. */
async function createUsers(storage: Storage): Promise<Request[]> {
  const { startServer } = await import('@koodrive-backup/server');
  const server = await startServer(storage);
  try {
    const ids = Array.from({ length: connections }, () => `bench-${++users}`);
    return await Promise.all(ids.map(async (userId) => requestOf(server.url, userId, await server.issueToken(userId))));
  } finally {
    await server.close();
  }
}

/** Inserts the row of a create again and again with a pool of 20, as many at a time as there are connections. */
async function bareInserts(connectionString: string, users: Request[]): Promise<number> {
  const pool = new pg.Pool({ connectionString, max: 20 });
  const { moduleCode, deviceId, properties } = JSON.parse(users[0]?.body ?? '');
  const text = `INSERT INTO records (record_id, user_id, module_code, device_id, device_key, status, properties, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
  const insert = async (user: number): Promise<void> => {
    const values = [++bareIds, `bench-${user}`, moduleCode, deviceId, 1n << 62n, 0, properties, 1];
    await pool.query({ name: 'insert', text, values });
  };
  const measure = async (seconds: number): Promise<number> => {
    let inserted = 0;
    const end = performance.now() + seconds * 1000;
    const insertUntilEnd = async (_: unknown, user: number): Promise<void> => {
      for (; performance.now() < end; inserted++) await insert(user);
    };
    await Promise.all(Array.from({ length: connections }, insertUntilEnd));
    return inserted / seconds;
  };
  try {
    await measure(1);
    return await measure(3);
  } finally {
    await pool.end();
  }
}

let bareIds = 0n;

/** Joins loads that ran at the same time: the sum of their rates, and the worst of their latencies. */
function joined(loads: Load[]): Load {
  const [first] = loads;
  if (!first) throw new Error('there was no load');
  const average = loads.reduce((sum, { requests }) => sum + requests.average, 0);
  const p99 = Math.max(...loads.map(({ latency }) => latency.p99));
  return { ...first, requests: { ...first.requests, average }, latency: { ...first.latency, p99 } };
}

let users = 0;

/** Returns the vendor page's request to a server for a user with its own lock. Default: a new user. */
export async function createRequest(
  { url }: ServerProcess,
  { data }: Storage,
  userId = `bench-${++users}`,
): Promise<Request> {
  const cli = join(import.meta.dirname, '..', '..', 'packages', 'server', 'dist', 'cli.js');
  const issued = execFileSync(process.execPath, [cli, 'token', '--user', userId, '--data', data], { encoding: 'utf8' });
  const request = await requestOf(url, userId, issued.trim());
  return { ...request, url: url + request.url };
}

/** Acquires a lock from a server, and returns the vendor page's request with it. The URL has no host. */
async function requestOf(url: string, userId: string, token: string): Promise<Request> {
  const { accessToken, createBackupClient, unwrap } = await import('@koodrive-backup/client');
  const { headers, body, path } = await exampleCall();
  const client = createBackupClient({ baseUrl: url, auth: accessToken(token), userId });
  const { lockId } = await unwrap(client.POST('/koodrive/ose/v1/backup/lock', { body: { moduleCode: '101' } }));
  // The server accepts this date for a quarter of an hour, which is longer than a benchmark takes.
  const xDate = new Date(Date.now() - 1000).toISOString().replace(/[-:]|\.\d+/g, '');
  return {
    url: path,
    headers: {
      ...headers,
      authorization: `Bearer+${token}`,
      'x-user-id': userId,
      'x-date': xDate,
      'x-backup-lock-id': lockId,
    },
    body,
  };
}

/** Sends a request again and again on several connections, as fast as the answers come, or at `overallRate`. */
async function load(
  request: Request,
  connections: number,
  duration: number,
  options: Pick<Options, 'overallRate' | 'setupClient'> = {},
): Promise<Load> {
  const { default: autocannon } = await import('autocannon');
  const result = await autocannon({ ...request, method: 'POST', connections, duration, ...options });
  const failed = result.non2xx + result.errors;
  if (failed > 0) throw new Error(`${failed} requests to ${request.url} were refused or failed`);
  return result;
}

/**
 * Sends load to servers in turns, so that other work of the machine affects all alike. Returns the requests per second
 * of the best turn of each.
 */
async function inTurns(requests: Request[], connections: number): Promise<number[]> {
  const best = requests.map(() => 0);
  for (let turn = 0; turn < 4; turn++) {
    for (const [i, request] of requests.entries()) {
      best[i] = Math.max(best[i] ?? 0, rate(await load(request, connections, 2)));
    }
  }
  return best;
}

/** Starts a node:http server in its own process. It reads each request and answers with the contract's example. */
async function startBare(): Promise<Reference> {
  const { contract } = await exampleCall();
  const answer = JSON.stringify(contract.components.examples.CreateBackupRecordResponse.value);
  return startReference(
    '--eval',
    `const server = require('node:http').createServer((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/json').end(${JSON.stringify(answer)});
      });
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
  );
}

/** A process that serves as a reference for the server. */
interface Reference {
  url: string;
  stop(): void;
}

/** Starts a Node program that prints the port on which it listens. */
async function startReference(...args: string[]): Promise<Reference> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${String(port).trim()}`, stop: () => child.kill() };
}

/** Returns the resident memory of a process in megabytes. Only Linux reports it; elsewhere it is 0. */
export function residentMb(pid: number): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}
