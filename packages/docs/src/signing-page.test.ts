import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import type { Provider } from '@koodrive-backup/testkit/provider';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bsdDate, isDatedAMinuteBack, type Seen, startRecordingMock } from '../test/recording-mock.ts';

const [script = '', calls = ''] = samplesOf('packages/docs/pages/signing.md').map(({ code }) => code);
const secret = 'app secret, größer';
const credential = { KOODRIVE_USER_ID: '1505084218764547200', KOODRIVE_APP_ID: 'app-id', KOODRIVE_APP_SECRET: secret };
const listDevices = 'signed-curl.sh GET /koodrive/ose/v1/backup/device';

const authorization = (signature: string): string =>
  `HMAC-SHA256 AppId=app-id,SignedHeaders=host;x-date;x-user-id,Signature=${signature}`;

/** Signs by the errata, "The app signature, step by step", and shares no code with the script. */
function signatureOf({ method, url, headers, body }: Seen, key: string): string {
  const { pathname, searchParams } = new URL(url, 'http://host');
  const names = ['host', 'x-date', 'x-user-id'];
  const hash = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
  const encoded = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A');
  const pairs = [...searchParams].map(([name, value]) => [encoded(name), encoded(value)] as const);
  pairs.sort(([name, value], [other, its]) => compare(name, other) || compare(value, its));
  const canonical = [
    method,
    `${pathname}/`,
    pairs.map((pair) => pair.join('=')).join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n');
  return createHmac('sha256', key)
    .update(`HMAC-SHA256\n${hash(canonical)}`)
    .digest('hex');
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

describe.skipIf(!process.env.HAS_CURL)('the script of the page on signing with curl and openssl', () => {
  let folder: string;
  let mock: Provider;
  let since: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signing-page-test-'));
    writeFileSync(join(folder, 'signed-curl.sh'), script);
    mock = await startRecordingMock();
  });
  afterAll(async () => {
    await mock?.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    mock.seen.length = 0;
    since = Date.now();
  });

  const shell = (commands: string, env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)('bash', ['--norc', '-eu', '-c', commands], {
      cwd: folder,
      env: { PATH: process.env.PATH, no_proxy: '*', KOODRIVE_URL: `${mock.url}/`, ...credential, ...env },
    });

  /** A folder of programs, each a script for sh. */
  function programs(scripts: Record<string, string>): string {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const [name, code] of Object.entries(scripts)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${code}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    return bin;
  }

  function expectSigned(requests: number, key = secret): void {
    expect(mock.seen.map(({ headers }) => headers.authorization)).toEqual(
      mock.seen.map((request) => authorization(signatureOf(request, key))),
    );
    expect(mock.seen).toHaveLength(requests);
  }

  it('sends each call that the page shows: with a body, with a query, with neither', async () => {
    const { stdout } = await shell(calls);
    expect(stdout.match(/"code":0/g)).toHaveLength(3);
    expectSigned(3);
    expect(mock.seen.map(({ method, url, body }) => [method, url, `${body}`])).toEqual([
      ['POST', '/koodrive/ose/v1/backup/record', '{"moduleCode":"101","deviceId":"1842812272691451648"}'],
      ['GET', '/koodrive/ose/v1/backup/record?moduleCode=101&pageSize=20', ''],
      ['GET', '/koodrive/ose/v1/backup/device', ''],
    ]);
    expect(mock.seen[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-backup-lock-id': '78e41c7e-db02-4d55-85b3-8153e4fefd2e@102',
    });
    expect(mock.seen.filter((request) => !isDatedAMinuteBack(request, since))).toEqual([]);
  });

  it('signs the worked example as it is printed', async () => {
    const v1 = vectors.vectors.find(({ name }) => name === 'V1');
    if (v1 === undefined) throw new Error('The worked example V1 is gone');
    const { origin, pathname } = new URL(v1.url);
    const bin = programs({
      date: `case $1 in +%s) echo 60 ;; *) echo ${v1.headers['x-date']} ;; esac`,
      curl: `cat; printf '\\n%s' "$@"`,
    });
    const { stdout } = await shell(`sh signed-curl.sh ${v1.method} ${pathname} '${v1.body}'`, {
      PATH: `${bin}:${process.env.PATH}`,
      KOODRIVE_URL: origin,
      KOODRIVE_USER_ID: v1.headers['x-user-id'],
      KOODRIVE_APP_SECRET: vectors.appSecret,
    });
    const [first, ...args] = stdout.split('\n');
    expect(first).toBe(`Authorization: ${authorization(v1.signature)}`);
    expect(args).toEqual(expect.arrayContaining([v1.url, v1.body, 'Host: koodrive.example.com']));
  });

  it('sorts a query by name and then by value, and exits with 22 if the provider refuses', async () => {
    const target = '/none?b=2&b=1&a-b=&a=%2A&B=~&a=0';
    await expect(shell(`sh signed-curl.sh GET '${target}'`)).rejects.toMatchObject({
      code: 22,
      stdout: expect.stringContaining('"code":404'),
    });
    expect(mock.seen.map(({ url }) => url)).toEqual([target]);
    expectSigned(1);
  });

  it.each([
    ['as long as a block, with characters that a shell and printf interpret', `-n %s\\n $HOME "'\n*`.padEnd(64, '\\')],
    ['longer than a block', 'ö'.repeat(33)],
  ])('signs with a secret %s', async (_, key) => {
    await shell(`sh ${listDevices}`, { KOODRIVE_APP_SECRET: key });
    expectSigned(1, key);
  });

  it('runs in bash as in sh, and with the date of BSD', async () => {
    const date = (await shell('command -v date')).stdout.trim();
    const PATH = `${programs({ date: bsdDate(date) })}:${process.env.PATH}`;
    await shell(`bash ${listDevices}`, { PATH });
    expect(mock.seen.filter((request) => !isDatedAMinuteBack(request, since))).toEqual([]);
    expectSigned(1);
  });

  it('shows no program the secret or the signature in its arguments', async () => {
    const names = ['curl', 'cat', 'date', 'od', 'openssl', 'paste', 'sed', 'sort', 'tr', 'wc'];
    const paths = (await shell(`command -v ${names.join(' ')}`)).stdout.split('\n');
    const log = join(folder, 'arguments.log');
    const bin = programs(
      Object.fromEntries(names.map((name, at) => [name, `echo "${name} $*" >>'${log}'\nexec ${paths[at]} "$@"`])),
    );
    // Nothing but these programs can be found, so that none is forgotten here.
    await shell(`PATH='${bin}' /bin/sh ${listDevices}`);
    expectSigned(1);
    const logged = readFileSync(log, 'utf8');
    expect(new Set(logged.match(/^\w+/gm))).toEqual(new Set(names));
    expect(logged).not.toContain(secret);
    expect(logged).not.toContain('Signature=');
  });

  it('says what is missing instead of sending it', async () => {
    const names = ['KOODRIVE_URL', ...Object.keys(credential)];
    const without = names.map((name) => `(unset ${name}; sh ${listDevices}) || true`);
    const { stderr } = await shell([...without, 'sh signed-curl.sh || sh signed-curl.sh GET || true'].join('\n'));
    const complaints = stderr.trim().split('\n');
    const expected = [...names.map((name) => `${name}: the `), '1: a method', '2: a path'];
    expect(complaints).toEqual(expected.map((text) => expect.stringContaining(text)));
    expect(mock.seen).toEqual([]);
  });
});
