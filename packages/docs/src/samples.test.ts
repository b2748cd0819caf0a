import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Mock, startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import {
  type Exemplified,
  type OpenapiDocument,
  operationsOf,
  type PlacedOperation,
  type Reference,
  resolve,
} from '@koodrive-backup/spec/openapi-document';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

const run = promisify(execFile);

/** The samples of a contract for one language, under names that no two of them share. */
function samplesOf(document: OpenapiDocument, lang: string) {
  return operationsOf(document).flatMap((placed) =>
    codeSamples(document, placed)
      .filter((sample) => sample.lang === lang)
      .map(({ label, source }) => ({ name: `${placed.operation.operationId}, ${label}`, placed, source })),
  );
}

/** A folder for modules, in which packages resolve to those of `modules`. */
function moduleFolder(modules?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'docs-samples-test-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  if (modules) symlinkSync(modules, join(folder, 'node_modules'), 'junction');
  return folder;
}

async function runModule(folder: string, source: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const file = join(mkdtempSync(join(folder, 'sample-')), 'sample.ts');
  writeFileSync(file, source);
  const { stdout } = await run(process.execPath, [file], { env: { ...process.env, ...env }, timeout: 120_000 });
  return stdout;
}

describe('the TypeScript samples of the contract', () => {
  const document: OpenapiDocument = contract;
  const samples = samplesOf(document, 'TypeScript');
  let folder: string;
  let mock: Mock;
  beforeAll(async () => {
    folder = moduleFolder(join(import.meta.dirname, 'node_modules'));
    mock = await startMock({ port: 0 });
  });
  afterAll(async () => {
    await mock?.close();
    rmSync(folder, { recursive: true });
  });

  it('are two for each operation', () => {
    expect(samples).toHaveLength(2 * operationsOf(document).length);
  });

  it('compile under the strictest flags', async () => {
    samples.forEach(({ source }, index) => {
      writeFileSync(join(folder, `sample-${index}.ts`), source);
    });
    const config = { extends: join(rootDir, 'tsconfig.json'), include: ['sample-*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(import.meta.dirname, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '--project', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it.each(samples)('run as they are: $name', async ({ placed, source }) => {
    const stdout = await runModule(folder, source, {
      KOODRIVE_URL: mock.url,
      KOODRIVE_USER_ID: '1505084218764547200',
      KOODRIVE_TOKEN: 'token',
      KOODRIVE_APP_ID: 'app-id',
      KOODRIVE_APP_SECRET: 'app-secret',
    });
    expect(stdout).toBe(`${inspect(exampleData(document, placed))}\n`);
  });

  it.each(samples)('say what is missing instead of sending it: $name', async ({ source }) => {
    await expect(runModule(folder, source, { KOODRIVE_URL: mock.url })).rejects.toThrow(
      /TypeError: (accessToken|appId) must/,
    );
  });
});

/** The `data` of the first example of an operation's success: what the mock answers with. */
function exampleData(document: OpenapiDocument, { operation }: PlacedOperation): unknown {
  const { responses } = operation as unknown as {
    responses: { 200: { content: Record<string, Exemplified> } | Reference };
  };
  const { examples } = resolve(document, responses[200]).content['application/json'] ?? {};
  const [first] = Object.values(examples ?? {});
  return (first && (resolve(document, first).value as { data?: unknown }))?.data;
}

describe('the TypeScript samples of any contract', () => {
  let folder: string;
  beforeAll(() => {
    folder = moduleFolder();
    const client = join(folder, 'node_modules', '@koodrive-backup', 'client');
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    // A client that tells what it is called with.
    writeFileSync(
      join(client, 'index.js'),
      `export const accessToken = (token) => ({ token });
       export const appSignature = (app) => ({ app });
       export const createBackupClient = (options) =>
         new Proxy({}, { get: (_, method) => (...call) => ({ options, method, call }) });
       export const unwrap = async (call) => JSON.stringify(call);`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const env = {
    KOODRIVE_URL: 'http://host',
    KOODRIVE_USER_ID: 'user',
    KOODRIVE_TOKEN: 'token',
    KOODRIVE_APP_ID: 'id',
    KOODRIVE_APP_SECRET: 'secret',
  };
  const path = '/v1/things/{thing-id}/parts';
  const tokenOptions = { baseUrl: 'http://host', userId: 'user', auth: { token: 'token' } };
  const appOptions = { baseUrl: 'http://host', userId: 'user', auth: { app: { appId: 'id', appSecret: 'secret' } } };
  const list = {
    method: 'GET',
    call: [
      path,
      { params: { path: { 'thing-id': 'a/b (ü)!' }, query: { zeta: '1', name: "it's $HOME & `more`", limit: 20 } } },
    ],
  };
  const rename = {
    method: 'PATCH',
    call: [
      path,
      {
        params: { path: { 'thing-id': 'own' }, header: { 'If-Match': `"it's"` } },
        body: {
          name: 'O\'Brien\'s\n"größte" \\ 漢字 $HOME `id`',
          'a-b': [1, true, null, {}, []],
          nested: { ok: false },
        },
      },
    ],
  };
  const remove = { method: 'DELETE', call: [path, { params: { path: { 'thing-id': 'a/b (ü)!' } } }] };
  const expected: Record<string, object> = {
    'listParts, TypeScript, access token': { ...list, options: tokenOptions },
    'listParts, TypeScript, app signature': { ...list, options: appOptions },
    'renamePart, TypeScript, access token': { ...rename, options: tokenOptions },
    'renamePart, TypeScript, app signature': { ...rename, options: appOptions },
    'removeParts, TypeScript, app signature': { ...remove, options: appOptions },
  };

  it.each(samplesOf(syntheticContract, 'TypeScript'))('pass the examples on: $name', async ({ name, source }) => {
    expect(JSON.parse(await runModule(folder, source, env))).toEqual(expected[name]);
  });
});

describe('codeSamples', () => {
  const refused = (change: (document: ReturnType<typeof withOperation>) => void) => {
    const document = withOperation();
    change(document);
    return () => operationsOf(document).map((placed) => codeSamples(document, placed));
  };
  const withOperation = () => ({
    info: { title: 'T' },
    security: [{ accessToken: [] }] as Record<string, string[]>[],
    paths: {
      '/p': {
        post: {
          operationId: 'makePart',
          parameters: [{ name: 'limit', in: 'query', required: true, example: 1 as unknown }],
          requestBody: { content: { 'application/json': { example: {} as unknown } } as Record<string, object> },
        },
      },
    },
  });

  it.each<[string, Parameters<typeof refused>[0]]>([
    [
      'The contract gives no example of parameter limit of makePart',
      ({ paths }) => delete paths['/p'].post.parameters[0]?.example,
    ],
    [
      'The samples cannot show parameter limit of makePart: its example is not a string, a number or a boolean',
      ({ paths }) => Object.assign(paths['/p'].post.parameters[0] ?? {}, { example: [1] }),
    ],
    [
      'The samples cannot show parameter limit of makePart, which travels in cookie',
      ({ paths }) => Object.assign(paths['/p'].post.parameters[0] ?? {}, { in: 'cookie' }),
    ],
    [
      'The contract gives no example of the body of makePart',
      ({ paths }) => Object.assign(paths['/p'].post.requestBody, { content: { 'application/json': {} } }),
    ],
    [
      'The samples cannot show the body of makePart, which is not JSON',
      ({ paths }) => Object.assign(paths['/p'].post.requestBody, { content: { 'text/plain': { example: '' } } }),
    ],
    [
      'No sample shows how makePart authenticates by accessToken and other',
      ({ security }) => Object.assign(security[0] ?? {}, { other: [] }),
    ],
    [
      'No sample shows how X-New is set',
      ({ paths }) =>
        Object.assign(paths['/p'].post.parameters[0] ?? {}, { name: 'X-New', in: 'header', 'x-set-by-client': true }),
    ],
    [
      '#/components/parameters/Gone names nothing in the contract',
      ({ paths }) => paths['/p'].post.parameters.splice(0, 1, { $ref: '#/components/parameters/Gone' } as never),
    ],
  ])('refuses what it cannot show: %s', (message, change) => {
    expect(refused(change)).toThrow(message);
  });
});
