// `pnpm bench`: measures costs, as ratios to a reference in the same run.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { exampleCall, fastestRounds, inProcessCall } from '@koodrive-backup/compare/measure';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir, specDir } from '@koodrive-backup/lib/workspace';
import { benchAttacks } from './attacks.ts';
import { benchGrowth, benchServer, type Result } from './server.ts';

const usage = `Usage: pnpm bench [NAME…] [--json]

Measures, and prints each result with its ratio to a reference that is measured in the same run. Default: all.
NAME is one or more of:
  start   pnpm start on a fresh clone with an empty package store, against a second start (needs the package registry)
  mock    the mock against the stock Prism command line: requests a second, 16 connections
  client  a call of the client against the same call with bare fetch, over loopback
  call    a call of the client against the same call with bare openapi-fetch, and with the client that
          @hey-api/openapi-ts generates; with a fetch that costs nothing
  server  durable creates of the server on SQLite against the stock Prism command line, against a bare node:http server
          that stores nothing, and against a sketch that only stores records; the latency at half load, and the memory
  attacks what attackers see, what another user notices, and the server's memory meanwhile; writes the table in the
          README of the server
  growth  creates while the number of stored records grows, and the number of processes on one PostgreSQL; draws a plot

  --json  Prints the results as JSON.
  --help  Prints this text.`;

const benchmarks: Record<string, () => Promise<Result | Result[]>> = {
  start: benchStart,
  mock: benchMock,
  client: benchClient,
  call: benchCall,
  server: () => benchServer(prismRequestsPerSecond),
  attacks: benchAttacks,
  growth: benchGrowth,
};

async function benchStart(): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  try {
    const clone = join(folder, 'clone');
    execFileSync('git', ['clone', '--quiet', rootDir, clone]);
    const env = { ...freshEnvironment(), HOME: folder };
    const start = (): number =>
      secondsOf(() => execFileSync('npx', ['-y', 'pnpm@12', 'start'], { cwd: clone, env, stdio: 'ignore' }));
    const value = start();
    return { name: 'start, cold against warm', value, reference: start(), unit: 's' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns this process's environment without the variables that pnpm and turbo add. */
function freshEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(p?npm_|turbo_|xdg_|node$|init_cwd$)/i.test(name));
  const path = process.env.PATH?.split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path?.join(delimiter) };
}

async function benchMock(): Promise<Result> {
  const mock = [join(rootDir, 'packages', 'mock', 'dist', 'cli.js')];
  const value = await requestsPerSecond(mock, 4911);
  return { name: 'mock against stock Prism', value, reference: await prismRequestsPerSecond(), unit: 'requests/s' };
}

function prismRequestsPerSecond(): Promise<number> {
  const prism = join(import.meta.dirname, 'node_modules', '@stoplight', 'prism-cli', 'dist', 'index.js');
  return requestsPerSecond([prism, 'mock', join(specDir, 'dist', 'openapi.json')], 4912);
}

async function requestsPerSecond(command: string[], port: number): Promise<number> {
  const provider = spawn(process.execPath, [...command, '--port', `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(provider, 'exit');
  try {
    await ready(provider.stdout, `${port}`);
    const { default: autocannon } = await import('autocannon');
    const { headers, body, path } = await exampleCall();
    const load = { url: `http://127.0.0.1:${port}${path}`, method: 'POST', headers, body, connections: 16 } as const;
    await autocannon({ ...load, duration: 2 });
    const result = await autocannon({ ...load, duration: 8 });
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${command[0]} refused ${result.non2xx} requests.`);
    return result.requests.average;
  } finally {
    provider.kill();
    await exit;
  }
}

/** Waits for a text in the output. Keeps reading afterwards, because a provider stops if its output fills the pipe. */
function ready(output: Readable, text: string): Promise<void> {
  return new Promise((resolve) => {
    output.on('data', (chunk) => {
      if (String(chunk).includes(text)) resolve();
    });
  });
}

async function benchClient(): Promise<Result> {
  const { accessToken, createBackupClient, unwrap } = await import('@koodrive-backup/client');
  const { headers, body, path, contract } = await exampleCall();
  const answer = JSON.stringify(contract.components.examples.CreateBackupRecordResponse.value);
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createBackupClient({ baseUrl, auth: accessToken('t'), userId: headers['x-user-id'] });
  const init = {
    params: { header: { 'x-backup-lock-id': headers['x-backup-lock-id'] } },
    body: contract.components.examples.CreateBackupRecordRequest.value,
  };
  const byClient = () => unwrap(client.POST(path, init));
  const byFetch = async () => (await fetch(`${baseUrl}${path}`, { method: 'POST', headers, body })).json();
  try {
    const [value = 0, reference = 0] = await fastestRounds([byClient, byFetch], 10, 500);
    return { name: 'client against bare fetch', value, reference, unit: 'µs a call' };
  } finally {
    server.close();
  }
}

async function benchCall(): Promise<Result[]> {
  // Dynamic imports, because the packages that these modules import did not exist before the build.
  const clients = [
    await import('@koodrive-backup/compare/clients/this-client'),
    await import('@koodrive-backup/compare/clients/openapi-fetch'),
    await import('@koodrive-backup/compare/clients/hey-api'),
  ];
  const calls = await Promise.all(clients.map(inProcessCall));
  const [value = 0, openapiFetch = 0, heyApi = 0] = await fastestRounds(calls, 15, 3000);
  const unit = 'µs a call';
  return [
    { name: 'call against openapi-fetch', value, reference: openapiFetch, unit },
    { name: 'call against hey-api', value, reference: heyApi, unit },
  ];
}

function secondsOf(work: () => unknown): number {
  const begin = performance.now();
  work();
  return (performance.now() - begin) / 1000;
}

async function bench(names: string[], json = false): Promise<number> {
  const unknown = names.find((name) => !(name in benchmarks));
  if (unknown !== undefined)
    throw new Error(`there is no benchmark '${unknown}'; choose from ${Object.keys(benchmarks).join(', ')}`);
  if (turbo(['run', 'build', 'generate:clients', '--output-logs=errors-only']) !== 0) return 2;
  const results: Result[] = [];
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`measuring ${name} …`);
    results.push(...[await benchmark()].flat());
  }
  console.log(json ? JSON.stringify(results, null, 2) : table(results));
  return 0;
}

function table(results: Result[]): string {
  const lines = results.map(({ name, value, reference, unit }) => {
    const cells = [value.toFixed(1), reference.toFixed(1), (value / reference).toFixed(2)].map((cell) =>
      cell.padStart(11),
    );
    return `${name.padEnd(28)}${cells.join('')}  ${unit}`;
  });
  return [
    `${''.padEnd(28)}${['measured', 'reference', 'ratio'].map((cell) => cell.padStart(11)).join('')}`,
    ...lines,
  ].join('\n');
}

await command(usage, ({ values, positionals }) => bench(positionals, values.json), {
  allowPositionals: true,
  options: { json: { type: 'boolean' } },
});
