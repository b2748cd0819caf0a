import { afterAll, beforeAll, expect, it } from 'vitest';
import { operation, refusedWith } from '../../test/calls.ts';
import { startTestServer, type TestServer } from '../../test/test-server.ts';

const { path: devices } = operation('listBoundDevice');

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ adminPort: 0 });
});
afterAll(() => server.close());

async function get(url: string): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

it('has health and readiness at a port of their own', async () => {
  expect(await get(`${server.adminUrl}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await get(`${server.adminUrl}/readyz?now`)).toMatchObject({ status: 200, text: 'ready\n' });
});

it('counts requests by operation and status', async () => {
  await fetch(server.url + devices);
  // A request is counted once its answer is sent, which the client can know before.
  const metrics = async () => (await get(`${server.adminUrl}/metrics`)).text;
  await expect.poll(metrics).toContain('koodrive_requests_total{operation="listBoundDevice",status="401"} 1');
  expect(await metrics()).toContain('process_resident_memory_bytes');
});

it('has nothing else there, and nothing of it at the port of the API', async () => {
  for (const path of ['/', '/none', '/metrics/x', devices]) {
    expect((await get(server.adminUrl + path)).status, path).toBe(404);
  }
  for (const path of ['/healthz', '/readyz', '/metrics']) refusedWith(404, await get(server.url + path), 404);
});
