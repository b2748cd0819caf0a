import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessToken,
  appSignature,
  BackupApiError,
  type BackupClientOptions,
  createBackupClient,
  errorCodes,
  unwrap,
} from './index.ts';

const { examples, parameters } = contract.components;
const request = examples.CreateBackupRecordRequest.value;
const header = { 'x-backup-lock-id': parameters.BackupLockId.example };
const userId = parameters.UserId.example;
const path = '/koodrive/ose/v1/backup/record';

describe('a client and the mock', () => {
  let mock: Awaited<ReturnType<typeof startMock>>;
  beforeAll(async () => {
    mock = await startMock({ port: 0 });
  });
  afterAll(() => mock.close());

  it.each([
    ['an access token', accessToken('60f4ccc7b1')],
    ['an app signature', appSignature({ appId: 'app', appSecret: 'secret' })],
  ])('creates the page’s record with %s', async (_credential, auth) => {
    const client = createBackupClient({ baseUrl: mock.url, auth, userId });
    const record = await unwrap(client.POST(path, { params: { header }, body: request }));
    expect(record).toEqual(examples.CreateBackupRecordResponse.value.data);
  });

  it('throws what the mock refuses', async () => {
    const client = createBackupClient({ baseUrl: mock.url, auth: accessToken('t'), userId });
    const call = unwrap(client.POST(path, { params: { header }, body: { ...request, properties: 'no JSON' } }));
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BackupApiError);
    expect(error).toMatchObject({ status: 400, code: errorCodes.parameterCheckFailed });
    expect((error as BackupApiError).msg).toContain('body.properties');
  });
});

describe('a client', () => {
  it('is not made without a way to authenticate', () => {
    // As a program without types would.
    const options = { baseUrl: 'https://koodrive.example.com', userId } as BackupClientOptions;
    expect(() => createBackupClient(options)).toThrow('auth must be accessToken(…) or appSignature(…)');
  });
});

describe('a call', () => {
  it('refuses a signal that is none, and leaves no timer behind', async () => {
    const client = createBackupClient({ baseUrl: 'http://127.0.0.1:1', auth: accessToken('t'), userId });
    // A forgotten `.signal`, as a program without types would have it.
    const signal = new AbortController() as unknown as AbortSignal;
    const call = client.POST(path, { params: { header }, body: request, signal });
    await expect(call).rejects.toThrow(new TypeError('signal must be an AbortSignal'));
  });
});

describe('what a client sends', () => {
  let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (message, response) => {
    let body = '';
    for await (const chunk of message.setEncoding('utf8')) body += chunk;
    seen.push({ url: message.url, headers: message.headers, body });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(examples.CreateBackupRecordResponse.value));
  });
  let baseUrl: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('is the user, the time and the credential with every request', async () => {
    seen = [];
    const client = createBackupClient({ baseUrl, auth: accessToken('t'), userId });
    const before = Date.now();
    await client.POST(path, { params: { header }, body: request });
    expect(seen[0]).toMatchObject({
      url: path,
      headers: { authorization: 'Bearer+t', 'x-user-id': userId, ...header },
    });
    const xDate = String(seen[0]?.headers['x-date']);
    expect(xDate).toMatch(new RegExp(parameters.Date.schema.pattern));
    const time = Date.parse(xDate.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
    // A minute behind, so that it is never ahead of the server's clock.
    expect(Math.abs(before - 60_000 - time)).toBeLessThan(5_000);
  });

  it('is the body byte for byte, as it was signed', async () => {
    seen = [];
    const client = createBackupClient({ baseUrl, auth: appSignature({ appId: 'app', appSecret: 's' }), userId });
    await client.POST(path, { params: { header }, body: { ...request, deviceId: 'Gerät 一' } });
    expect(seen[0]?.body).toBe(JSON.stringify({ ...request, deviceId: 'Gerät 一' }));
    expect(seen[0]?.headers.authorization).toMatch(
      /^HMAC-SHA256 AppId=app,SignedHeaders=host;x-date;x-user-id,Signature=[0-9a-f]{64}$/,
    );
  });

  it('keeps two clients apart', async () => {
    seen = [];
    const clients = ['one', 'two'].map((name) =>
      createBackupClient({ baseUrl, auth: accessToken(name), userId: name }),
    );
    const calls = Array.from({ length: 20 }, (_, index) =>
      clients[index % 2]?.POST(path, { params: { header }, body: request }),
    );
    await Promise.all(calls);
    expect(seen).toHaveLength(20);
    for (const { headers } of seen) expect(headers.authorization).toBe(`Bearer+${headers['x-user-id']}`);
  });
});
