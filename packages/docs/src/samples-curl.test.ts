import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bsdDate, isDatedAMinuteBack, startRecordingMock } from '../test/recording-mock.ts';
import { codeSamples } from './samples.ts';

const credential = { KOODRIVE_USER_ID: '1505084218764547200', KOODRIVE_TOKEN: 'access-token' };

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
 * Pastes samples into one shell, one after the other, in which a variable that is not set is an error. If a sample
 * ended that shell, the samples after it would not run.
 *
 * @param before What the shell runs first.
 */
async function paste(samples: Sample[], env: NodeJS.ProcessEnv, before = ''): Promise<Ran[]> {
  const pasted = samples.map(({ source }) => `${source}echo "${end} $?"\necho "${end}" >&2\n`);
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-u', '-c', before + pasted.join('')], {
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
  const samples = curlSamples(contract);
  const withBody = samples.find(({ source }) => source.includes('--data'));
  const withoutBody = samples.find(({ source }) => !source.includes('--data'));
  // The lines that these tests are about are the same in all samples, so soak alone sends them all again.
  const some = process.env.MODE === 'soak' ? samples : [withBody, withoutBody].filter((sample) => sample !== undefined);

  let mock: Provider;
  let since: number;
  beforeAll(async () => {
    mock = await startRecordingMock();
  });
  afterAll(() => mock?.close());
  beforeEach(() => {
    mock.seen.length = 0;
    since = Date.now();
  });

  /** Expects that each sample was accepted, by the token, and was dated a minute back. */
  function expectAccepted(ran: Ran[]): void {
    const refused = ran.filter(({ stdout, status }) => status !== 0 || JSON.parse(stdout).code !== 0);
    expect(refused).toEqual([]);
    expect(mock.seen.map(({ headers }) => headers.authorization)).toEqual(ran.map(() => 'Bearer+access-token'));
    expect(mock.seen.filter((request) => !isDatedAMinuteBack(request, since))).toEqual([]);
  }

  it('are one for each operation', () => {
    expect(samples.map(({ operationId }) => operationId)).toEqual(
      readContract(contract).operations.map(({ id }) => id),
    );
    expect(some.length).toBeGreaterThan(1);
  });

  it('run as they are', async () => {
    expectAccepted(await paste(samples, { ...credential, KOODRIVE_URL: mock.url }));
  });

  it('take a URL with a slash at its end', async () => {
    expectAccepted(await paste(some, { ...credential, KOODRIVE_URL: `${mock.url}/` }));
    expect(mock.seen.filter(({ url }) => url.startsWith('//'))).toEqual([]);
  });

  it('run with the date of BSD', async () => {
    const date = `date() { ${bsdDate('command date')}\n}\n`;
    expectAccepted(await paste(some, { ...credential, KOODRIVE_URL: mock.url }, date));
  });

  it('give curl no credential in its arguments, and leave nothing in the shell', async () => {
    const curl = `curl() { printf '%s\\n' "$@"; }\n`;
    const after = { operationId: 'none', source: `echo "\${url-unset}, \${date-unset}"\n` };
    const ran = await paste([...samples, after], { ...credential, KOODRIVE_URL: mock.url }, curl);
    expect(ran.pop()?.stdout).toBe('unset, unset\n');
    for (const { stdout } of ran) {
      expect(stdout).toContain('--request');
      expect(stdout).not.toContain(credential.KOODRIVE_TOKEN);
    }
  });

  it.each(['KOODRIVE_URL', 'KOODRIVE_USER_ID', 'KOODRIVE_TOKEN'])(
    'say that %s is missing instead of sending it, and do not end the shell',
    async (name) => {
      const { [name]: _, ...rest }: NodeJS.ProcessEnv = { ...credential, KOODRIVE_URL: mock.url };
      const ran = await paste(samples, rest);
      expect(ran.filter(({ stderr, status }) => status === 0 || !stderr.includes(`${name}: the `))).toEqual([]);
      expect(mock.seen).toEqual([]);
    },
  );

  it('fail if the provider refuses, and print the refusal', async () => {
    const ran = await paste(some, { ...credential, KOODRIVE_USER_ID: 'not one word', KOODRIVE_URL: mock.url });
    for (const { stdout, status } of ran) {
      expect(status).toBe(22);
      expect(JSON.parse(stdout)).toHaveProperty('msg');
    }
  });
});

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
    const [list, rename] = provider.seen;
    expect(list).toMatchObject({
      method: 'GET',
      url: '/v1/things/a%2Fb%20%28%C3%BC%29%21/parts?zeta=1&name=it%27s%20%24HOME%20%26%20%60more%60&limit=20',
      headers: { 'x-user-id': credential.KOODRIVE_USER_ID },
    });
    expect(list?.body).toHaveLength(0);
    expect(rename).toMatchObject({
      method: 'PATCH',
      url: '/v1/things/own/parts',
      headers: { 'if-match': `"it's"`, 'content-type': 'application/json' },
    });
    expect(JSON.parse(`${rename?.body}`)).toEqual({
      name: 'O\'Brien\'s\n"größte" \\ 漢字 $HOME `id`',
      'a-b': [1, true, null, {}, []],
      nested: { ok: false },
    });
  });
});
