import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type ServerProcess, startProcess } from '@koodrive-backup/testkit/server-process';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { describe, expect, it, onTestFinished } from 'vitest';
import { issueApp, newApp } from '../../src/auth/apps.ts';
import type { App } from '../../src/index.ts';
import { openStorage } from '../../src/store/open-store.ts';
import type { Credential } from '../caller.ts';
import { operation } from '../calls.ts';
import { percentEncoded, sign } from '../signing.ts';
import { isSoak } from '../soak.ts';
import { makeStorage } from '../storage.ts';
import { issueTokens } from './load.ts';
import { type Nginx, startNginx } from './nginx.ts';

const host = 'koodrive.example.com';
const traceId = '78e41c7edb024d5585b38153e4fefd2e-20251103T070140752Z-00001';

interface Setting {
  server: ServerProcess;
  nginx: Nginx;
  credential: Credential;
  app: App;
}

/** Starts a server with nginx in front. */
async function start(edits: Record<string, string> = {}): Promise<Setting> {
  const storage = await makeStorage();
  onTestFinished(() => storage[Symbol.dispose]());
  const [credential] = await issueTokens(storage, ['alice']);
  if (!credential) throw new Error('no token was issued');
  const { store, keys } = await openStorage(storage);
  const app = newApp();
  await issueApp(store, keys, app, 'alice', {}, Date.now());
  await store.close();
  const server = await startProcess(storage);
  onTestFinished(async () => void (await server.kill()));
  const nginx = await startNginx(server.url, edits);
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  return { server, nginx, credential, app };
}

interface Answer {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: { code: number; msg: string };
}

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

function send({ port, certificate }: Nginx, { method, path, headers, body = '' }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: host, ca: certificate, method, path, headers };
    const sent = request(options, async (response) => {
      const { statusCode: status, headers } = response;
      const received = await text(response);
      // A refusal of nginx itself is not JSON.
      if (!received.startsWith('{')) return reject(new Error(`${status} ${received}`));
      resolve({ status, headers, body: JSON.parse(received) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Creates a request for records by an app, whose signature covers Host. */
function signedRequest({ nginx: { port }, app }: Setting, deviceId = '1842812272691451648'): Sent {
  const query: [string, string][] = [
    ['pageSize', '10'],
    ['moduleCode', '101'],
    ['deviceId', deviceId],
  ];
  const segments = operation('listBackupRecord').path.slice(1).split('/');
  // With the port, as curl sends it to a port other than 443.
  const headers = { host: `${host}:${port}`, 'x-date': xDate(Date.now() - 1000), 'x-user-id': 'alice' };
  const authorization = sign(app, { method: 'GET', segments, query, headers, body: '' });
  const encoded = query.map(([name, value]) => `${name}=${percentEncoded(value)}`).join('&');
  return { method: 'GET', path: `/${segments.join('/')}?${encoded}`, headers: { ...headers, authorization } };
}

function byToken({ credential: { token, userId } }: Setting, more: Record<string, string> = {}): Sent['headers'] {
  return {
    host,
    authorization: `Bearer+${token}`,
    'x-user-id': userId,
    'x-date': xDate(Date.now() - 1000),
    'content-type': 'application/json',
    ...more,
  };
}

const buffering = { 'proxy_request_buffering on': 'proxy_request_buffering off' };

describe.runIf(isSoak && process.env.HAS_NGINX)('behind the nginx of the page', () => {
  it('signatures that cover Host match, and the id of a request reaches both logs', async () => {
    const setting = await start();
    expect((await send(setting.nginx, signedRequest(setting))).body).toMatchObject({ code: 0 });
    const { path } = operation('listBoundDevice');
    const headers = byToken(setting, { 'x-traceid': traceId });
    const answer = await send(setting.nginx, { method: 'GET', path, headers });
    expect(answer.body.code).toBe(0);
    expect(answer.headers['x-request-id']).toBe(traceId);
    expect(setting.nginx.readLog()).toContain(` ${traceId}\n`);
    expect((await setting.server.kill('SIGTERM')).stdout).toContain(`"requestId":"${traceId}"`);
  });

  it.each([
    ['another Host', { 'Host $http_host': 'Host $proxy_host' }],
    ['Host without its port', { 'Host $http_host': 'Host $host' }],
  ])('a signature does not match with %s, and the log says why', async (_, edits) => {
    const setting = await start(edits);
    const { status, body } = await send(setting.nginx, signedRequest(setting));
    expect([status, body.msg]).toEqual([401, expect.not.stringContaining('proxy')]);
    const { stdout } = await setting.server.kill('SIGTERM');
    expect(stdout).toContain('it may have changed Host');
  });

  it.each([
    ['collected', {}],
    ['passed on at once', buffering],
  ])('the server judges bodies that are %s', async (_, edits) => {
    const setting = await start(edits);
    const { path } = operation('createBackupLock');
    const sized = (bytes: number): string => `{"moduleCode":"100","more":"${'a'.repeat(bytes - 30)}"}`;
    const post = (body: string, headers = byToken(setting)) =>
      send(setting.nginx, { method: 'POST', path, headers, body });
    expect(await post(sized(1_048_576))).toMatchObject({ status: 200, body: { code: 0 } });
    // Several times, because a later request would fail on a connection that the server has closed.
    for (let i = 0; i < 3; i++) {
      expect(await post(sized(1_048_577))).toMatchObject({ status: 413, body: { code: 413 } });
      expect(await post(sized(31_000_000))).toMatchObject({ status: 413, body: { code: 413 } });
      const stranger = byToken(setting, { authorization: 'Bearer none' });
      expect(await post(sized(31_000_000), stranger)).toMatchObject({ status: 401, body: { code: 401 } });
      expect(await post(sized(100))).toMatchObject({ status: 409 });
    }
  });

  it('nginx reuses connections to the server', async () => {
    const setting = await start();
    const { path } = operation('listBoundDevice');
    for (let i = 0; i < 50; i++) {
      expect((await send(setting.nginx, { method: 'GET', path, headers: byToken(setting) })).status).toBe(200);
    }
    const metrics = await (await fetch(`${setting.server.adminUrl}/metrics`)).text();
    expect(Number(/^koodrive_connections (\d+)$/m.exec(metrics)?.[1])).toBeLessThan(5);
    expect(metrics).toContain('koodrive_requests_total{operation="listBoundDevice",status="200"} 50');
  });
});
