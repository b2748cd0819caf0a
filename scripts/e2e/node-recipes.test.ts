import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  accessToken,
  type BackupClient,
  type BackupClientOptions,
  type components,
  createBackupClient,
  iterate,
  unwrap,
} from '@koodrive-backup/client';
import { startMock } from '@koodrive-backup/mock';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Handler, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasConsumers, linkPackages } from './consumers.ts';
import { recipe } from './recipe.ts';

type BackupRecord = components['schemas']['BackupRecord'];

const { examples, parameters } = contract.components;
const created = examples.CreateBackupRecordResponse.value;
const path = '/koodrive/ose/v1/backup/record';
const { deviceId } = examples.CreateBackupRecordRequest.value;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-recipes-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  linkPackages(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Imports a recipe of the client's README as a program, with variables in its environment. */
async function importRecipe<Exports>(name: string, env: Record<string, string> = {}): Promise<Exports> {
  Object.assign(process.env, env);
  writeFileSync(join(folder, name), recipe(name));
  return (await import(join(folder, name))) as Exports;
}

async function providerOf(handler: Handler): Promise<Provider> {
  const provider = await startProvider(handler);
  onTestFinished(provider.close);
  return provider;
}

/**
 * Forwards each request to `url`, or to the absolute URL of the request if `url` is empty. `onAnswer` gets the answer.
 */
function forward(
  url: string,
  onAnswer: (response: ServerResponse, answered: Response, method: string) => unknown,
): Handler {
  return async (response, _count, request) => {
    // Without the headers that belong to the connection.
    const { host: _, connection, 'content-length': length, ...headers } = request.headers;
    const body = request.body.length > 0 ? new Uint8Array(request.body) : null;
    const init = { method: request.method, headers: headers as Record<string, string>, body };
    await onAnswer(response, await fetch(url + request.url, init), request.method);
  };
}

const pass = async (response: ServerResponse, answered: Response): Promise<void> =>
  answer(response, answered.status, await answered.json());

const clientOf = (baseUrl: string, options: Partial<BackupClientOptions> = {}): BackupClient =>
  createBackupClient({ baseUrl, auth: accessToken('t'), userId: parameters.UserId.example, ...options });

const createWith = (client: BackupClient, signal?: AbortSignal): Promise<BackupRecord> =>
  unwrap(
    client.POST(path, {
      params: { header: { 'x-backup-lock-id': parameters.BackupLockId.example } },
      body: { moduleCode: '101', deviceId },
      signal,
    }),
  );

describe('the recipe for an ambiguous create', () => {
  interface CreateOnce {
    createOnce(client: BackupClient, wanted: object): Promise<BackupRecord>;
  }
  let createOnce: CreateOnce['createOnce'];
  let data: string;
  let server: BackupServer;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'ambiguous-'));
    server = await startServer({ data });
    ({ createOnce } = await importRecipe<CreateOnce>('create-once.ts'));
  });
  afterAll(async () => {
    await server.close();
    rmSync(data, { recursive: true });
  });

  let users = 0;
  /** Creates a record with the recipe, for a new user, through a provider in front of the server. */
  async function createThrough(handler: Handler, options: Partial<BackupClientOptions> = {}) {
    users += 1;
    const userId = `${users}`;
    const auth = accessToken(await server.issueToken(userId));
    const direct = createBackupClient({ baseUrl: server.url, auth, userId });
    const { lockId } = await unwrap(direct.POST('/koodrive/ose/v1/backup/lock', { body: { moduleCode: '101' } }));
    // A record with another marker, which the recipe must not find.
    const other = await createOnce(direct, { lockId, deviceId, marker: crypto.randomUUID() });
    const { url, seen } = await providerOf(handler);
    const client = createBackupClient({ baseUrl: url, auth, userId, ...options });
    const marker = crypto.randomUUID();
    const [settled] = await Promise.allSettled([createOnce(client, { lockId, deviceId, marker })]);
    const records: BackupRecord[] = [];
    const query = { moduleCode: '101', pageSize: 100 } as const;
    for await (const record of iterate(direct, path, { params: { query } })) {
      if (record.recordId !== other.recordId) records.push(record);
    }
    return { settled, records, methods: seen.map(({ method }) => method) };
  }

  /** Breaks the server's answers to creates, and passes all others on. */
  const breaking = (breakIt: (response: ServerResponse) => unknown): Handler =>
    forward(server.url, (response, answered, method) =>
      method === 'POST' ? breakIt(response) : pass(response, answered),
    );

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['the connection breaks', (response) => response.destroy()],
    ['no answer comes in time', () => {}],
    ['a gateway answers with an HTML page', (response) => answer(response, 502, '<h1>Bad Gateway</h1>')],
    ['the provider answers with an error', (response) => answer(response, 500, { code: 500, msg: 'failed' })],
    [
      'the provider answers with status 200 and an error code',
      (response) => answer(response, 200, { code: 13000201, msg: '' }),
    ],
    [
      'the answer is cut off',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
        response.write('{"code":0,', () => response.destroy());
      },
    ],
  ])('finds the record, and creates no second one, if %s after the create', async (_what, breakIt) => {
    const { settled, records, methods } = await createThrough(breaking(breakIt), { timeoutMs: 2000 });
    expect(records).toHaveLength(1);
    expect(settled).toEqual({ status: 'fulfilled', value: records[0] });
    expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
  });

  it('throws the error of the create if there is no record', async () => {
    const passing = forward(server.url, pass);
    const { settled, records } = await createThrough((response, count, request) =>
      request.method === 'POST' ? response.destroy() : passing(response, count, request),
    );
    expect(settled).toMatchObject({ status: 'rejected', reason: { name: 'BackupNetworkError' } });
    expect(records).toEqual([]);
  });

  it('does not look for a record if the create was refused', async () => {
    const refusal = { code: 409, msg: 'no live lock' };
    const { settled, methods } = await createThrough((response) => answer(response, 409, refusal));
    expect(settled).toMatchObject({ status: 'rejected', reason: { name: 'BackupApiError', status: 409 } });
    expect(methods).toEqual(['POST']);
  });
});

describe('the recipe for logs', () => {
  interface AttemptLog {
    logAttempt: NonNullable<BackupClientOptions['onAttempt']>;
  }

  /** Makes a call with the recipe, and returns the lines that it logged. */
  async function linesOf(baseUrl: string, signal?: AbortSignal): Promise<object[]> {
    const { logAttempt } = await importRecipe<AttemptLog>('attempt-log.ts');
    const log = vi.spyOn(console, 'log').mockReturnValue();
    try {
      await createWith(clientOf(baseUrl, { onAttempt: logAttempt }), signal).catch(() => {});
      return log.mock.calls.map(([line]) => JSON.parse(line) as object);
    } finally {
      log.mockRestore();
    }
  }

  it('writes the lines that the README shows', async () => {
    const { url } = await providerOf((response, count) => {
      if (count > 1) return answer(response, 200, created, { 'x-request-id': '5f2d' });
      const headers = { 'x-request-id': '5f2c', 'retry-after': '1' };
      return answer(response, 429, { code: 429, msg: 'later' }, headers);
    });
    const shown = samplesOf('packages/client/README.md').find(({ code }) => code.startsWith('{"level"'));
    const ofThisRun = { time: expect.any(String), callId: expect.any(String), durationMs: expect.any(Number) };
    const expected = `${shown?.code}`
      .trim()
      .split('\n')
      .map((line) => ({ ...JSON.parse(line), ...ofThisRun }));
    const lines = await linesOf(url);
    expect(lines).toEqual(expected);
    expect(lines[0]).toHaveProperty('callId', Reflect.get(Object(lines[1]), 'callId'));
  });

  it('writes the error of an attempt without an answer', async () => {
    const { url } = await providerOf((response) => response.destroy());
    const error = expect.stringMatching(/^BackupNetworkError: createBackupRecord: no answer/);
    expect(await linesOf(url)).toEqual([expect.objectContaining({ level: 'warn', attempt: 1, error })]);
  });

  it('writes the reason of an aborted attempt', async () => {
    const controller = new AbortController();
    const { url } = await providerOf(() => controller.abort(new Error('the user left')));
    const lines = await linesOf(url, controller.signal);
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', error: 'Error: the user left' })]);
  });
});

describe.skipIf(!hasConsumers)('the recipe for metrics', () => {
  /** The part of OpenTelemetry's SDK that an application needs to start it. */
  interface Sdk {
    AggregationTemporality: { CUMULATIVE: number };
    InMemoryMetricExporter: new (temporality: number) => object;
    PeriodicExportingMetricReader: new (options: object) => { collect(): Promise<Collected> };
    MeterProvider: new (options: object) => { shutdown(): Promise<void> };
    metrics: { setGlobalMeterProvider(provider: object): boolean; disable(): void };
  }
  interface Collected {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] };
  }
  interface Metric {
    descriptor: { name: string; unit: string };
    dataPoints: { value: unknown; attributes: object }[];
  }
  interface AttemptMetrics {
    measureAttempt: NonNullable<BackupClientOptions['onAttempt']>;
  }

  it('counts retries, and measures the duration of each attempt', async () => {
    const exports = ['@opentelemetry/api', '@opentelemetry/sdk-metrics'].map((name) => `export * from '${name}';\n`);
    writeFileSync(join(folder, 'sdk.ts'), exports.join(''));
    const sdk = (await import(join(folder, 'sdk.ts'))) as Sdk;
    const exporter = new sdk.InMemoryMetricExporter(sdk.AggregationTemporality.CUMULATIVE);
    const reader = new sdk.PeriodicExportingMetricReader({ exporter });
    const meterProvider = new sdk.MeterProvider({ readers: [reader] });
    sdk.metrics.setGlobalMeterProvider(meterProvider);
    onTestFinished(async () => {
      sdk.metrics.disable();
      await meterProvider.shutdown();
    });
    const { measureAttempt } = await importRecipe<AttemptMetrics>('attempt-metrics.ts');
    const { url } = await providerOf((response, count) => {
      if (count === 1) return answer(response, 429, { code: 429, msg: '' }, { 'retry-after': '0' });
      if (count === 2) return answer(response, 200, created);
      return response.destroy();
    });
    const client = clientOf(url, { onAttempt: measureAttempt });
    await createWith(client);
    await createWith(client).catch(() => {});

    const { resourceMetrics } = await reader.collect();
    const measured = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    const pointsOf = (name: string) => measured.find(({ descriptor }) => descriptor.name === name)?.dataPoints;
    const base = { 'koodrive.operation': 'createBackupRecord', 'http.request.method': 'POST' };
    const putOff = { ...base, 'http.response.status_code': 429, 'koodrive.code': 429 };
    expect(pointsOf('koodrive.client.retries')).toMatchObject([{ value: 1, attributes: putOff }]);
    expect(pointsOf('koodrive.client.attempt.duration')).toMatchObject([
      { value: { count: 1 }, attributes: putOff },
      { value: { count: 1 }, attributes: { ...base, 'http.response.status_code': 200, 'koodrive.code': 0 } },
      { value: { count: 1 }, attributes: { ...base, 'error.type': 'BackupNetworkError' } },
    ]);
  });
});

describe.skipIf(!hasConsumers)('the recipe for a proxy', () => {
  it('sends each request through the proxy', async () => {
    const mock = await startMock();
    onTestFinished(mock.close);
    const proxy = await providerOf(forward('', pass));
    const env = { KOODRIVE_URL: mock.url, PROXY_URL: proxy.url };
    const { client } = await importRecipe<{ client: BackupClient }>('proxy.ts', env);
    expect(await createWith(client)).toEqual(created.data);
    // A proxy receives the absolute URL.
    expect(proxy.seen).toMatchObject([{ method: 'POST', url: mock.url + path }]);
  });
});

describe.skipIf(!hasConsumers)('the recipe for TanStack Query', () => {
  interface RecordQuery {
    queryClient: {
      fetchQuery(query: object): Promise<BackupRecord>;
      cancelQueries(filters: object): Promise<void>;
    };
    recordQuery(recordId: string): { queryKey: string[] };
  }

  it('reads a record, aborts the request of a cancelled query, and does not repeat a refused request', async () => {
    let isClosed = false;
    const { url, seen } = await providerOf((response, _count, request) => {
      if (request.url.endsWith('/slow')) return response.once('close', () => (isClosed = true));
      if (request.url.endsWith('/gone')) return answer(response, 400, { code: 13000309, msg: 'gone' });
      return answer(response, 200, created);
    });
    const log = vi.spyOn(console, 'log').mockReturnValue();
    onTestFinished(() => log.mockRestore());
    const { queryClient, recordQuery } = await importRecipe<RecordQuery>('record-query.ts', { KOODRIVE_URL: url });
    expect(log.mock.calls).toEqual([[created.data.recordId]]);

    const slow = recordQuery('slow');
    const cancelled = queryClient.fetchQuery(slow).catch((error: unknown) => error);
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    await queryClient.cancelQueries({ queryKey: slow.queryKey });
    await cancelled;
    await vi.waitFor(() => expect(isClosed).toBe(true));

    const refused = queryClient.fetchQuery(recordQuery('gone'));
    await expect(refused).rejects.toMatchObject({ name: 'BackupApiError', code: 13000309 });
    expect(seen).toHaveLength(3);
  });
});
