// `pnpm bench`: what things cost, as ratios within one run.
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

Measures and prints ratios, each against a reference in the same run. NAME is one or more of:
  start   start on a fresh clone with an empty store, against start once more (needs the package registry)
  mock    the mock against the stock Prism command line, requests a second with 16 connections
  client  a call of the client against the same call by bare fetch, over loopback
  call    a call of the client against the same call of bare openapi-fetch, and against the same of the client that
          @hey-api/openapi-ts generates, where fetch costs nothing
  server  durable creates of the server on SQLite against the stock Prism command line, against a bare node:http server
          that keeps nothing, and against a sketch that keeps records and does nothing else; its latency at half load,
          and its memory
  attacks what attackers see, what other users notice, and what the server has in memory meanwhile, in the README of the
          server
  growth  creates with more and more records stored, and with more and more processes on one PostgreSQL; draws a plot`;

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

/** This process's environment without what pnpm and turbo tell the scripts that they run. */
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

/** Waits for a text, and reads on afterwards: a provider whose log nobody reads stops. */
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
  // Not static imports: what they import is built by now.
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
    throw new Error(`there is no benchmark '${unknown}', but ${Object.keys(benchmarks).join(', ')}`);
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
