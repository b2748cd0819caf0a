import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Mock, startMock } from '@koodrive-backup/mock';
import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

const run = promisify(execFile);

interface Sample {
  name: string;
  operation: Operation;
  source: string;
}

const typescriptSamples = (document: object): Sample[] =>
  readContract(document).operations.flatMap((operation) =>
    codeSamples(operation)
      .filter(({ lang }) => lang === 'TypeScript')
      .map(({ label, source }) => ({ name: `${operation.id}, ${label}`, operation, source })),
  );

const fileName = (index: number): string => `sample-${index}.ts`;

/** A folder that holds each sample as a module. */
function moduleFolder(samples: Sample[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'docs-samples-test-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [index, { source }] of samples.entries()) writeFileSync(join(folder, fileName(index)), source);
  return folder;
}

/**
 * Runs the samples of a folder in one process.
 *
 * @returns What each printed, or the error that ended it, in the order of the samples.
 */
async function runSamples(folder: string, samples: Sample[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const end = '--- end of the sample';
  const runner = samples.map(
    (_, index) => `await import('./${fileName(index)}').catch((error) => console.log(String(error)));
console.log('${end}');`,
  );
  writeFileSync(join(folder, 'run.ts'), runner.join('\n'));
  const { stdout } = await run(process.execPath, ['run.ts'], { cwd: folder, env: { ...process.env, ...env } });
  const printed = stdout.split(`${end}\n`).slice(0, -1);
  expect(printed).toHaveLength(samples.length);
  return printed;
}

describe('the TypeScript samples of the contract', () => {
  const samples = typescriptSamples(contract);
  let folder: string;
  let mock: Mock;
  beforeAll(async () => {
    folder = moduleFolder(samples);
    symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'), 'junction');
    mock = await startMock();
  });
  afterAll(async () => {
    await mock?.close();
    rmSync(folder, { recursive: true });
  });

  it('are two for each operation', () => {
    expect(samples).toHaveLength(2 * readContract(contract).operations.length);
  });

  it('compile under the strictest flags', async () => {
    const config = { extends: join(rootDir, 'tsconfig.json'), include: ['sample-*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '--project', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it('run as they are', async () => {
    const printed = await runSamples(folder, samples, {
      KOODRIVE_URL: mock.url,
      KOODRIVE_USER_ID: '1505084218764547200',
      KOODRIVE_TOKEN: 'token',
      KOODRIVE_APP_ID: 'app-id',
      KOODRIVE_APP_SECRET: 'app-secret',
    });
    expect(printed).toEqual(samples.map(({ operation }) => `${inspect(exampleData(operation))}\n`));
  });

  it('say what is missing instead of sending it', async () => {
    const printed = await runSamples(folder, samples, { KOODRIVE_URL: mock.url });
    expect(printed).toEqual(samples.map(() => expect.stringMatching(/^TypeError: (accessToken|appId) must/)));
  });
});

/** The `data` of the first example of an operation's success: what the mock answers with. */
const exampleData = ({ responses }: Operation): unknown => Object(responses['200']?.example).data;

describe('the TypeScript samples of any contract', () => {
  const samples = typescriptSamples(syntheticContract);
  let folder: string;
  beforeAll(() => {
    folder = moduleFolder(samples);
    const client = join(folder, 'node_modules', '@koodrive-backup', 'client');
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    // A client that prints what it is called with.
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

  it('pass the examples on', async () => {
    const printed = await runSamples(folder, samples, {
      KOODRIVE_URL: 'http://host',
      KOODRIVE_USER_ID: 'user',
      KOODRIVE_TOKEN: 'token',
      KOODRIVE_APP_ID: 'id',
      KOODRIVE_APP_SECRET: 'secret',
    });
    const path = '/v1/things/{thing-id}/parts';
    const thing = { 'thing-id': 'a/b (ü)!' };
    const byToken = { baseUrl: 'http://host', userId: 'user', auth: { token: 'token' } };
    const byApp = { baseUrl: 'http://host', userId: 'user', auth: { app: { appId: 'id', appSecret: 'secret' } } };
    const list = {
      method: 'GET',
      call: [path, { params: { path: thing, query: { zeta: '1', name: "it's $HOME & `more`", limit: 20 } } }],
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
    const remove = { method: 'DELETE', call: [path, { params: { path: thing } }] };
    const calls = samples.map(({ name }, index) => [name, JSON.parse(printed[index] ?? '')]);
    expect(Object.fromEntries(calls)).toEqual({
      'listParts, TypeScript': { ...list, options: byToken },
      'listParts, TypeScript, app signature': { ...list, options: byApp },
      'renamePart, TypeScript': { ...rename, options: byToken },
      'renamePart, TypeScript, app signature': { ...rename, options: byApp },
      'removeParts, TypeScript, app signature': { ...remove, options: byApp },
    });
  });
});
