import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRecordingMock } from '../test/recording-mock.ts';
import { expectSyntheticRequests } from '../test/synthetic-requests.ts';
import { type Call, exampleCall } from './call.ts';
import { codeSamples } from './samples.ts';
import { curlWithAppSignature } from './samples-curl.ts';

const credential = { KOODRIVE_USER_ID: '1505084218764547200', KOODRIVE_TOKEN: 'access-token' };

const [script, , variables] = samplesOf('packages/docs/pages/signing.md');

interface Sample {
  operationId: string;
  source: string;
}

const curlSamples = (document: object): Sample[] =>
  readContract(document).operations.flatMap((operation) =>
    codeSamples(operation)
      .filter(({ lang }) => lang === 'Shell')
      .map(({ source }) => ({ operationId: operation.id, source })),
  );

/** What a sample printed, and its exit status. */
interface Ran {
  operationId: string;
  stdout: string;
  stderr: string;
  status: number;
}

const end = '--- end of the sample:';

/**
 * Pastes samples into one shell, one after the other. An unset variable is an error in it. If a sample ended that
 * shell, the samples after it would not run.
 */
async function paste(samples: Sample[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ran[]> {
  const pasted = samples.map(({ source }) => `${source}echo "${end} $?"\necho "${end}" >&2\n`);
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-u', '-c', pasted.join('')], {
    cwd,
    env: { PATH: process.env.PATH, no_proxy: '*', ...env },
  });
  const printed = [...stdout.matchAll(new RegExp(`([^]*?)${end} (\\d+)\n`, 'g'))];
  const complaints = stderr.split(`${end}\n`);
  expect(printed).toHaveLength(samples.length);
  return samples.map(({ operationId }, index) => ({
    operationId,
    stdout: printed[index]?.[1] ?? '',
    stderr: complaints[index] ?? '',
    status: Number(printed[index]?.[2]),
  }));
}

describe.skipIf(!process.env.HAS_CURL)('the curl samples of the contract', () => {
  const { operations } = readContract(contract);
  const samples = curlSamples(contract);

  let mock: Provider;
  beforeAll(async () => {
    mock = await startRecordingMock();
  });
  afterAll(() => mock?.close());
  beforeEach(() => {
    mock.seen.length = 0;
  });

  it('are one for each operation, of three to six lines', () => {
    expect(samples.map(({ operationId }) => operationId)).toEqual(operations.map(({ id }) => id));
    const lines = samples.map(({ source }) => source.trimEnd().split('\n').length);
    expect(lines.filter((count) => count < 3 || count > 6)).toEqual([]);
  });

  it('run as they are, at the current time, with the variables of the page on signing', async () => {
    const since = Math.trunc(Date.now() / 1000) * 1000;
    const source = variables?.code.replace('http://127.0.0.1:4010', mock.url) ?? '';
    const [, ...ran] = await paste([{ operationId: 'none', source }, ...samples], {});
    expectAccepted(ran);
    expect(mock.seen.map(({ headers }) => headers.authorization)).toEqual(samples.map(() => 'Bearer+any-token'));
    const times = mock.seen.map(({ headers }) => timeOf(`${headers['x-date']}`));
    expect(times.filter((time) => !(since <= time && time <= Date.now()))).toEqual([]);
  });

  it('run with an app signature, by the script of the page on signing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'samples-curl-test-'));
    writeFileSync(join(folder, 'signed-curl.sh'), script?.code ?? '');
    // The script is slow, so run one sample of each form: with and without a header, a body, a query.
    const forms = new Map(operations.map((operation) => [formOf(exampleCall(operation)), operation]));
    const signed = [...forms.values()].map((operation) => ({
      operationId: operation.id,
      source: curlWithAppSignature(exampleCall(operation)),
    }));
    expect(signed.length).toBeGreaterThan(3);
    const app = { KOODRIVE_APP_ID: 'app-id', KOODRIVE_APP_SECRET: 'app-secret' };
    const ran = await paste(signed, { ...credential, ...app, KOODRIVE_URL: mock.url }, folder);
    rmSync(folder, { recursive: true });
    expectAccepted(ran);
    const authorizations = mock.seen.map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual(signed.map(() => expect.stringContaining('HMAC-SHA256 AppId=app-id,')));
  });

  it('print the refusal if the provider refuses', async () => {
    const ran = await paste(samples, { ...credential, KOODRIVE_USER_ID: 'not one word', KOODRIVE_URL: mock.url });
    const refusals = ran.map(({ stdout }) => JSON.parse(stdout));
    expect(refusals).toEqual(samples.map(() => ({ code: 13000102, msg: expect.stringContaining('X-User-Id') })));
  });
});

function expectAccepted(ran: Ran[]): void {
  expect(ran.filter(({ stdout, status }) => status !== 0 || JSON.parse(stdout).code !== 0)).toEqual([]);
}

const formOf = ({ parameters: { header, query }, body }: Call): string =>
  [Object.keys(header).length, Object.keys(query).length, body === undefined].join();

const timeOf = (xDate: string): number => Date.parse(xDate.replace(/^(\d{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'));

describe.skipIf(!process.env.HAS_CURL)('the curl samples of any contract', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider((response) => answer(response, 200, {}));
  });
  afterAll(() => provider?.close());

  it('pass the examples on', async () => {
    const samples = curlSamples(syntheticContract);
    expect(samples.map(({ operationId }) => operationId)).toEqual(['listParts', 'renamePart']);
    await paste(samples, { ...credential, KOODRIVE_URL: provider.url });
    expectSyntheticRequests(provider.seen, credential.KOODRIVE_USER_ID);
  });
});
