import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { writeSection } from '@koodrive-backup/lib/write-section';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import type { Result as Load } from 'autocannon';
import { createRequest, fill, type Request, type Result, residentMb } from './server.ts';

/** Requests that a stranger or a user sends to a server on many connections at once, again and again. */
interface Attack {
  name: string;
  /** The limit of the server that stops it. */
  limit: string;
  connections: number;
  /** Returns the bytes to send. Called once for each connection, with the request of a user with a valid credential. */
  bytes: (request: Request, count: number) => string;
  /** Whether the attacker reads the answer. */
  reads: boolean;
  /**
   * Milliseconds to wait before the attacker replaces a connection that was answered or closed. The first connections
   * are spread over that time: otherwise sending them keeps this process, and with it the machine, busy. Default: 0.
   */
  restMs?: number;
  /** Records of the attacker that are stored before the attack. */
  stored?: { records: number; properties: string };
}

const records = '/koodrive/ose/v1/backup/record';
const megabyte = 1_048_576;
/** Properties that fill a record: with the rest of the request they stay just under the size limit. */
const large = JSON.stringify('x'.repeat(megabyte - 2_000));

const list =
  (more = '') =>
  ({ headers }: Request) =>
    head('GET', `${records}?moduleCode=101&pageSize=100${more}`, headers);

const attacks: Attack[] = [
  {
    name: '45 lists of 100 records of 1 MB, every second',
    limit: 'A page ends after 1 MB; users take turns',
    connections: 45,
    bytes: list(),
    restMs: 1000,
    reads: true,
    stored: { records: 100, properties: large },
  },
  {
    name: '300 answers of 1 MB that nobody reads, every second',
    limit: '`--max-bytes-in-flight`, `--write-timeout-ms`',
    connections: 300,
    bytes: list(),
    restMs: 1000,
    reads: false,
    stored: { records: 1, properties: large },
  },
  {
    name: '20 connections that each ask 5,000 times for 1 MB and read nothing, every second',
    limit: 'One request of a connection at a time',
    connections: 20,
    bytes: (request) => list()(request).repeat(5_000),
    restMs: 1000,
    reads: false,
    stored: { records: 1, properties: large },
  },
  {
    name: '400 requests with an unknown app id and a body of 1 MB that lacks its last byte, in 8 seconds',
    limit: '`--max-bytes-in-flight`',
    connections: 400,
    bytes: ({ headers }) =>
      head('POST', records, { ...headers, authorization: unknownSignature }, megabyte) + 'x'.repeat(megabyte - 1),
    restMs: 8000,
    reads: true,
  },
  {
    name: '6,000 connections that send nothing, and reconnect when they are closed',
    limit: '`--max-connections`',
    connections: 6_000,
    bytes: () => '',
    restMs: 1000,
    reads: true,
  },
  {
    name: "16 lists at once, filtered by a device that has none of the user's million records",
    limit: 'An index on the records of a device',
    connections: 16,
    bytes: list('&deviceId=1'),
    reads: true,
    stored: { records: 1_000_000, properties: '{"test":"123"}' },
  },
  {
    name: '16 connections that bind one new device after another',
    limit: '`--max-devices-per-user`',
    connections: 16,
    bytes({ headers }, count) {
      const body = JSON.stringify({ machineCode: `machine_${count}`, deviceName: 'a' });
      return head('POST', '/koodrive/ose/v1/backup/device', headers, body.length) + body;
    },
    reads: true,
  },
  {
    name: '1,000 creates every second, each on a new connection',
    limit: 'Users take turns; `--max-queued`',
    connections: 1_000,
    bytes: ({ headers, body }) => head('POST', records, headers, Buffer.byteLength(body)) + body,
    restMs: 1000,
    reads: true,
  },
  {
    name: '32 connections with an unknown token',
    limit: 'Log lines of strangers are sampled',
    connections: 32,
    bytes: ({ headers }) => head('GET', records, { ...headers, authorization: 'Bearer none' }),
    reads: true,
  },
];

const unknownSignature = `HMAC-SHA256 AppId=${'a'.repeat(64)},SignedHeaders=x-date;x-user-id,Signature=${'0'.repeat(64)}`;

function head(method: string, target: string, headers: Record<string, string>, length = 0): string {
  const lines = Object.entries({ host: 'a', ...headers, connection: 'close', 'content-length': length });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** The result of an attack. */
interface Outcome {
  attack: Attack;
  /** How often the attacker saw each answer or ending. */
  seen: Map<string, number>;
  /** Another user's requests before the attack. */
  quiet: Load;
  /** The same user's requests during the attack. */
  attacked: Load;
  /** The highest memory use of the server, in megabytes. */
  peakMb: number;
}

/** Length of an attack, and of the quiet measurement before it, in seconds. */
const duration = 8;

/**
 * Runs each attack on its own server. Writes what the attacker and another user saw, and the memory, into the server's
 * README.
 */
export async function benchAttacks(): Promise<Result[]> {
  const outcomes: Outcome[] = [];
  for (const attack of attacks) {
    console.error(`attack: ${attack.name}`);
    const outcome = await suffer(attack);
    // Requests that break the contract would only measure how fast the server refuses them.
    if (outcome.seen.has('400')) throw new Error(`the requests of this attack break the contract: ${attack.name}`);
    outcomes.push(outcome);
  }
  const readme = join(rootDir, 'packages', 'server', 'README.md');
  writeSection(readme, 'attacks', table(outcomes));
  console.error(`the table is in ${readme}`);
  return outcomes.flatMap(({ attack: { name }, quiet, attacked, peakMb }) => [
    {
      name: `p99 beside: ${name}`,
      value: attacked.latency.p99,
      reference: quiet.latency.p99,
      unit: 'ms, limit 3 times',
    },
    { name: `memory at: ${name}`, value: peakMb, reference: 512, unit: 'MB, limit 512' },
  ]);
}

async function suffer(attack: Attack): Promise<Outcome> {
  const data = mkdtempSync(join(tmpdir(), 'bench-attack-'));
  try {
    // Start it once, so that it creates the tables.
    await (await startProcess({ data })).kill('SIGTERM');
    const attackersId = 'attacker';
    const { records: count, properties } = attack.stored ?? { records: 0, properties: '' };
    if (count > 0) fill(join(data, 'records.sqlite'), count, attackersId, properties);
    const server = await startProcess({ data });
    try {
      const attacker = await createRequest(server, { data }, attackersId);
      const other = await createRequest(server, { data });
      await visit(other, 2);
      const quiet = await visit(other, duration);
      let peakMb = 0;
      const watching = setInterval(() => {
        peakMb = Math.max(peakMb, residentMb(server.pid));
      }, 50);
      const end = new AbortController();
      const attacking = carryOut(attack, attacker, end.signal);
      const attacked = await visit(other, duration);
      end.abort();
      clearInterval(watching);
      return { attack, seen: await attacking, quiet, attacked, peakMb };
    } finally {
      await server.kill();
    }
  } finally {
    rmSync(data, { recursive: true });
  }
}

/** Creates and lists records at an even rate, from its own thread. */
async function visit(request: Request, seconds: number): Promise<Load> {
  const { default: autocannon } = await import('autocannon');
  const { url, headers, body } = request;
  return autocannon({
    url,
    headers,
    requests: [
      { method: 'POST', body },
      { method: 'GET', path: `${records}?moduleCode=101&pageSize=1` },
    ],
    connections: 4,
    overallRate: 100,
    duration: seconds,
    workers: 1,
  });
}

async function carryOut(attack: Attack, request: Request, signal: AbortSignal): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  let count = 0;
  await Promise.all(
    Array.from({ length: attack.connections }, async (_, i) => {
      const { restMs = 0, connections } = attack;
      await wait((restMs * i) / connections);
      while (!signal.aborted) {
        const what = await attempt(attack, request, signal, count++);
        seen.set(what, (seen.get(what) ?? 0) + 1);
        if (!signal.aborted) await wait(restMs, undefined, { signal }).catch(() => {});
      }
    }),
  );
  return seen;
}

/** Opens a connection, sends once, and returns the status of the answer, or else how the connection ended. */
async function attempt(attack: Attack, request: Request, signal: AbortSignal, count: number): Promise<string> {
  const { hostname, port } = new URL(request.url);
  const socket = connect(Number(port), hostname);
  const stop = (): unknown => socket.destroy();
  signal.addEventListener('abort', stop);
  let received = '';
  socket.on('error', () => {});
  if (attack.reads) socket.on('data', (chunk) => (received ||= chunk.toString('latin1', 0, 12)));
  else socket.pause();
  socket.write(attack.bytes(request, count));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // A socket that is not read reports its end only when something is written to it. An empty line is allowed between
  // requests.
  const asking = attack.reads ? undefined : setInterval(() => socket.write('\r\n'), 250);
  await closed;
  clearInterval(asking);
  signal.removeEventListener('abort', stop);
  if (received) return received.slice(-3);
  return signal.aborted ? 'no answer until the end' : 'connection closed';
}

function table(outcomes: Outcome[]): string {
  const rows = outcomes.map(({ attack, seen, quiet, attacked, peakMb }) => {
    const all = [...seen.values()].reduce((sum, count) => sum + count, 0);
    const parts = [...seen].sort(([, a], [, b]) => b - a).map(([what, count]) => `${what}: ${percent(count / all)}`);
    const others = `p99 ${quiet.latency.p99} ms before, ${attacked.latency.p99} ms; ${refusedOf(attacked)} refused`;
    return `| ${attack.name} | ${attack.limit} | ${parts.join('; ')} | ${others} | ${Math.round(peakMb)} MB |`;
  });
  return `| Attack | Limit | The attacker sees | Another user notices | Memory |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

const percent = (part: number): string => `${Math.round(100 * part)} %`;

const refusedOf = ({ non2xx, errors }: Load): number => non2xx + errors;
