import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { Answered } from '@koodrive-backup/spec/front';
import { urlOf } from '@koodrive-backup/spec/serving';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { call, operation, refusedWith, succeed } from '../../test/calls.ts';
import { startTestServer, type TestServer } from '../../test/test-server.ts';
import { StoreUnavailable } from '../store/store.ts';
import { createAdmin } from './admin.ts';
import { createMetrics, type Metrics, showLoad } from './metrics.ts';
import type { CheckReadiness } from './readiness.ts';

const { path: devices } = operation('listBoundDevice');

const answer: Answered = {
  requestId: 'r',
  operation: 'createBackupRecord',
  method: 'POST',
  status: 200,
  durationMs: 1,
  caller: 'alice',
  address: '127.0.0.1',
  receivedBytes: 1,
  sentBytes: 1,
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ adminPort: 0 });
});
afterAll(() => server.close());

/** Starts an admin server alone. */
async function startAdmin({
  checkReadiness = async () => undefined,
  isStopping = () => false,
}: {
  checkReadiness?: CheckReadiness;
  isStopping?: () => boolean;
} = {}): Promise<{ admin: Server; metrics: Metrics; url: string }> {
  const metrics = createMetrics();
  const admin = createAdmin(metrics, checkReadiness, isStopping);
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  onTestFinished(() => {
    admin.closeAllConnections();
    admin.close();
  });
  return { admin, metrics, url: urlOf(admin) };
}

async function get(url: string): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

it('serves health and readiness at a port of their own', async () => {
  expect(await get(`${server.adminUrl}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await get(`${server.adminUrl}/readyz?now`)).toMatchObject({ status: 200, text: 'ready\n' });
});

it('answers 503 with the reason if the server is not ready', async () => {
  const { url } = await startAdmin({ checkReadiness: async () => new Error('the disk is full') });
  expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, text: 'not ready: the disk is full\n' });
  expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 });
  const stopping = await startAdmin({ isStopping: () => true });
  expect(await get(`${stopping.url}/readyz`)).toMatchObject({
    status: 503,
    text: 'not ready: the server is stopping\n',
  });
});

it.each(['/healthz', '/readyz', '/metrics'])(
  'answers %s to HEAD without a body, and 405 to methods that do not read',
  async (path) => {
    const { url } = await startAdmin();
    const read = await get(url + path);
    const head = await fetch(url + path, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, read.headers.get('content-type')]);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(2);
    expect(await head.text()).toBe('');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const refused = await fetch(url + path, { method });
      expect([refused.status, refused.headers.get('allow')], method).toEqual([405, 'GET, HEAD']);
    }
  },
);

it('answers 500 if a metric cannot be read, and goes on serving', async () => {
  const { url, metrics } = await startAdmin();
  metrics.gauge('koodrive_broken', 'A metric that cannot be read.', () => {
    throw new Error('no load');
  });
  expect(await get(`${url}/metrics`)).toMatchObject({ status: 500, text: 'Error: no load\n' });
  expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 });
});

it('ends connections on which nothing is sent, and refuses connections beyond the limit', async () => {
  const { admin, url } = await startAdmin();
  const { timeout, headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = admin;
  expect({ timeout, headersTimeout, requestTimeout, keepAliveTimeout, maxConnections }).toEqual({
    timeout: 10_000,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 10_000,
    maxConnections: 100,
  });
  admin.maxConnections = 1;
  const open = () => connect(Number(new URL(url).port), '127.0.0.1');
  const accepted = once(admin, 'connection');
  const first = open();
  await accepted;
  const dropped = once(admin, 'drop');
  await once(open().resume(), 'close');
  await dropped;
  first.destroy();
  await expect.poll(() => promisify(admin.getConnections.bind(admin))()).toBe(0);

  admin.setTimeout(1);
  await once(open().resume(), 'close');
  admin.setTimeout(timeout);
  expect((await get(`${url}/healthz`)).status).toBe(200);
});

it('is open to this machine only, even if the API is open to others', async () => {
  const open = await startTestServer({ host: '0.0.0.0', adminPort: 0 });
  onTestFinished(() => open.close());
  expect([open.url, open.adminUrl].map((url) => new URL(`${url}`).hostname)).toEqual(['0.0.0.0', '127.0.0.1']);
  const both = await startTestServer({ adminHost: '0.0.0.0', adminPort: 0 });
  onTestFinished(() => both.close());
  expect([both.url, both.adminUrl].map((url) => new URL(`${url}`).hostname)).toEqual(['127.0.0.1', '0.0.0.0']);
});

it('shows the build, the readiness, the connections, and what the log left out', async () => {
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line) };
  const other = await startTestServer({ adminPort: 0, log, logLevel: 'warn', anonymousLogLines: 2 });
  onTestFinished(() => other.close());
  const metrics = async () => (await get(`${other.adminUrl}/metrics`)).text;
  const { version } = packageJson;
  expect(await metrics()).toContain(`koodrive_build_info{version="${version}",node="${process.versions.node}"} 1`);
  expect(await metrics()).toContain('\nkoodrive_ready 1\n');
  expect(await metrics()).toContain('\nkoodrive_connections 0\n');
  expect(await metrics()).toContain('\nkoodrive_bytes_in_flight 0\n');
  for (let i = 0; i < 5; i++) await (await fetch(other.url + devices)).text();
  await expect.poll(metrics).toContain('\nkoodrive_limit_reached_total{limit="log_lines"} 3\n');
  expect(await metrics()).toMatch(/\nkoodrive_connections [12]\n/);
  expect(lines).toHaveLength(2);
  await other.close();
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ leftOut: 3 });
});

it('counts requests by operation and status', async () => {
  await fetch(server.url + devices);
  // A request is counted when its answer has been sent, which can be after the client has received it.
  const metrics = async () => (await get(`${server.adminUrl}/metrics`)).text;
  await expect.poll(metrics).toContain('koodrive_requests_total{operation="listBoundDevice",status="401"} 1');
  expect(await metrics()).toContain('process_resident_memory_bytes');
});

it('measures commits, and the work that waits for the store', async () => {
  const user = await server.newUser();
  const metrics = async () => (await get(`${server.adminUrl}/metrics`)).text;
  const commits = async () => Number(/^koodrive_commit_duration_seconds_count (\d+)$/m.exec(await metrics())?.[1]);
  const before = await commits();
  await succeed(server, user, 'bindDevice', { body: { machineCode: '1' } });
  await expect.poll(commits).toBeGreaterThan(before);
  expect(await metrics()).toMatch(/^koodrive_store_reads 0$/m);
  expect(await metrics()).toMatch(/^koodrive_store_changes 0$/m);
});

it('counts refusals because of a limit', async () => {
  const small = await startTestServer({ adminPort: 0, maxDevicesPerUser: 1 });
  onTestFinished(() => small.close());
  const user = await small.newUser();
  await succeed(small, user, 'bindDevice', { body: { machineCode: '1' } });
  for (const machineCode of ['2', '3']) await call(small, user, 'bindDevice', { body: { machineCode } });
  const metrics = async () => (await get(`${small.adminUrl}/metrics`)).text;
  await expect.poll(metrics).toMatch(/^koodrive_limit_reached_total\{limit="devices"\} 2$/m);

  const { metrics: own, url } = await startAdmin();
  const [load, stored] = [
    {
      connections: 7,
      bytesInFlight: 8,
      closedConnections: 3,
      givenUpRequests: 4,
      unreadAnswers: 5,
      waitingReads: 10,
      waitingChanges: 20,
    },
    { reads: 5, changes: 6, connections: 9 },
  ];
  showLoad(
    own,
    () => load,
    () => stored,
  );
  for (const limit of ['queued', 'store_time', 'store_time', undefined] as const) {
    own.answered({ ...answer, status: 503, error: new StoreUnavailable('busy', { limit }) });
  }
  for (const status of [200, 409]) own.answered({ ...answer, status });
  const shown = async () =>
    (await get(`${url}/metrics`)).text.split('\n').filter((line) => /^koodrive_(limit|conn|bytes|store)/.test(line));
  const expected = [
    'koodrive_limit_reached_total{limit="queued"} 1',
    'koodrive_limit_reached_total{limit="store_time"} 2',
    'koodrive_limit_reached_total{limit="connections"} 3',
    'koodrive_limit_reached_total{limit="bytes_in_flight"} 4',
    'koodrive_limit_reached_total{limit="unread_answers"} 5',
    'koodrive_connections 7',
    'koodrive_bytes_in_flight 8',
    'koodrive_store_reads 15',
    'koodrive_store_changes 26',
    'koodrive_store_connections 9',
  ];
  expect(await shown()).toEqual(expected);
  // The numbers are not added up each time they are read.
  expect(await shown()).toEqual(expected);
});

it('shows readiness, and times in seconds', async () => {
  const { metrics, url } = await startAdmin();
  const shown = async () => (await get(`${url}/metrics`)).text;
  metrics.readinessChanged(new Error('full'));
  expect(await shown()).toMatch(/^koodrive_ready 0$/m);
  metrics.readinessChanged(undefined);
  expect(await shown()).toMatch(/^koodrive_ready 1$/m);
  metrics.committed(20);
  metrics.answered({ ...answer, durationMs: 30 });
  expect(await shown()).toMatch(/^koodrive_commit_duration_seconds_sum 0\.02$/m);
  expect(await shown()).toMatch(/^koodrive_request_duration_seconds_sum\{operation="createBackupRecord"\} 0\.03$/m);
});

it('serves nothing else, and none of it at the port of the API', async () => {
  for (const path of ['/', '/none', '/metrics/x', devices]) {
    expect((await get(server.adminUrl + path)).status, path).toBe(404);
  }
  for (const path of ['/healthz', '/readyz', '/metrics']) refusedWith(404, await get(server.url + path), 404);
});
