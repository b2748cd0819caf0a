import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRecordingMock } from '../test/recording-mock.ts';
import { expectSyntheticRequests } from '../test/synthetic-requests.ts';
import { codeSamples } from './samples.ts';

const credential = { KOODRIVE_USER_ID: '1505084218764547200', KOODRIVE_TOKEN: 'access-token' };

const pythonSamples = (document: object): string[] =>
  readContract(document).operations.flatMap((operation) =>
    codeSamples(operation)
      .filter(({ lang }) => lang === 'Python')
      .map(({ source }) => source),
  );

/** Runs each sample as a program of its own, in one process. Prints as JSON its answer, or what it exits with. */
const runner = `
import ast, contextlib, io, json, runpy, sys
for path in sys.argv[1:]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(path, run_name="__main__")
        print(json.dumps(ast.literal_eval(printed.getvalue())))
    except (SystemExit, KeyError) as exit:
        print(json.dumps(str(exit)))
`;

async function run(samples: string[], env: NodeJS.ProcessEnv): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'samples-python-test-'));
  const names = samples.map((_, index) => `sample_${index}.py`);
  for (const [index, name] of names.entries()) writeFileSync(join(folder, name), samples[index] ?? '');
  // -I, so that Python looks for no modules in this folder: the samples may import only the standard library.
  const python = promisify(execFile)('python3', ['-I', '-c', runner, ...names], {
    cwd: folder,
    env: { PATH: process.env.PATH, no_proxy: '*', PYTHONUTF8: '1', ...env },
  });
  const { stdout } = await python.finally(() => rmSync(folder, { recursive: true }));
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe.skipIf(!process.env.HAS_PYTHON)('the Python samples of the contract', () => {
  const { operations } = readContract(contract);
  const samples = pythonSamples(contract);

  let mock: Provider;
  beforeAll(async () => {
    mock = await startRecordingMock();
  });
  afterAll(() => mock?.close());
  beforeEach(() => {
    mock.seen.length = 0;
  });

  it('run as they are, one for each operation', async () => {
    const printed = await run(samples, { ...credential, KOODRIVE_URL: mock.url });
    expect(printed).toEqual(operations.map(({ responses }) => responses['200']?.example));
    expect(mock.seen.map(({ headers }) => headers.authorization)).toEqual(operations.map(() => 'Bearer+access-token'));
  });

  it('print the refusal if the provider refuses', async () => {
    const printed = await run(samples, { ...credential, KOODRIVE_USER_ID: 'not one word', KOODRIVE_URL: mock.url });
    const refusal = expect.stringMatching(/^HTTP Error 400: Bad Request: \{"code":13000102,"msg":".*X-User-Id/);
    expect(printed).toEqual(samples.map(() => refusal));
  });

  it('say what is missing instead of sending it', async () => {
    const printed = await run(samples, { KOODRIVE_USER_ID: credential.KOODRIVE_USER_ID, KOODRIVE_URL: mock.url });
    expect(printed).toEqual(samples.map(() => "'KOODRIVE_TOKEN'"));
    expect(mock.seen).toEqual([]);
  });
});

describe.skipIf(!process.env.HAS_PYTHON)('the Python samples of any contract', () => {
  it('pass the examples on', async () => {
    const provider = await startProvider((response) => answer(response, 200, {}));
    await run(pythonSamples(syntheticContract), { ...credential, KOODRIVE_URL: provider.url });
    await provider.close();
    expectSyntheticRequests(provider.seen, credential.KOODRIVE_USER_ID);
  });

  it('keep the token from a host that the provider redirects to', async () => {
    const other = await startProvider((response) => answer(response, 200, {}));
    const provider = await startProvider((response) => answer(response, 302, {}, { location: `${other.url}/` }));
    await run(pythonSamples(syntheticContract).slice(0, 1), { ...credential, KOODRIVE_URL: provider.url });
    await provider.close();
    await other.close();
    const authorizations = [...provider.seen, ...other.seen].map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual(['Bearer+access-token', undefined]);
  });
});
