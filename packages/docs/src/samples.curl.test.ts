import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type Mock, startMock } from '@koodrive-backup/mock';
import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type OpenapiDocument, operationsOf } from '@koodrive-backup/spec/openapi-document';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';
import { curlWithAppSignature } from './samples-curl.ts';

const run = promisify(execFile);
const credential = {
  KOODRIVE_USER_ID: '1505084218764547200',
  KOODRIVE_TOKEN: 'access-token',
  KOODRIVE_APP_ID: 'app-id',
  KOODRIVE_APP_SECRET: "app secret, it's",
};

/** Runs a script as a careful reader would: it ends at the first error, and at a variable that is not set. */
async function runScript(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run('bash', ['--norc', '-eu', '-c', script], {
    env: { PATH: process.env.PATH, no_proxy: '*', ...env },
    timeout: 120_000,
  });
  return stdout;
}

interface Captured {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that keeps the requests it gets, and has `answer` answer them. */
async function startCapture(captured: Captured[], answer: (request: Captured) => Promise<Response>): Promise<Server> {
  const server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: await text(incoming) };
    captured.push(request);
    const { status, body } = await answer(request).then(async (answered) => ({
      status: answered.status,
      body: await answered.text(),
    }));
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function curlSamples(document: OpenapiDocument) {
  return operationsOf(document).flatMap((placed) =>
    codeSamples(document, placed)
      .filter(({ lang }) => lang === 'Shell')
      .map(({ label, source }) => ({ operationId: placed.operation.operationId, label, source })),
  );
}

/** Errata, "The app signature, step by step", once more and in other words. */
function signatureOf({ method, url, headers, body }: Captured, secret: string): string {
  const [path = '', query = ''] = url.split('?');
  const names = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const signed = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const hash = (data: string) => createHash('sha256').update(data).digest('hex');
  const sorted = query.split('&').sort().join('&');
  const canonical = `${method}\n${path}/\n${sorted}\n${signed.join('')}\n${names}\n${hash(body)}`;
  return createHmac('sha256', secret)
    .update(`HMAC-SHA256\n${hash(canonical)}`)
    .digest('hex');
}

function expectAuthenticated(request: Captured, label: string): void {
  const { authorization, 'x-date': date } = request.headers;
  if (label === 'curl, access token') {
    expect(authorization).toBe('Bearer+access-token');
    return;
  }
  const names = ['host', ...(date ? ['x-date'] : []), 'x-user-id'].join(';');
  const signature = signatureOf(request, credential.KOODRIVE_APP_SECRET);
  expect(authorization).toBe(`HMAC-SHA256 AppId=app-id,SignedHeaders=${names},Signature=${signature}`);
}

/** How long ago the X-Date of a request was, in whole minutes. */
function minutesOld({ headers }: Captured): number {
  const date = Date.parse(`${headers['x-date']}`.replace(/^(\d{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  return Math.floor((Date.now() - date) / 60_000);
}

describe('the curl samples of the contract', () => {
  let mock: Mock;
  let server: Server;
  const captured: Captured[] = [];
  beforeAll(async () => {
    mock = await startMock({ port: 0 });
    server = await startCapture(captured, ({ method, url, headers, body }) => {
      const { host: _, connection: __, 'content-length': ___, ...forwarded } = headers;
      const init = { method, headers: forwarded as Record<string, string> };
      return fetch(`${mock.url}${url}`, body === '' ? init : { ...init, body });
    });
  });
  afterAll(async () => {
    server.close();
    await mock.close();
  });
  beforeEach(() => {
    captured.length = 0;
  });

  const samples = curlSamples(contract);

  it('are two for each operation', () => {
    expect(samples).toHaveLength(2 * operationsOf(contract).length);
  });

  it.each(samples)('run as they are: $operationId, $label', async ({ label, source }) => {
    const stdout = await runScript(source, { ...credential, KOODRIVE_URL: addressOf(server) });
    expect(JSON.parse(stdout)).toMatchObject({ code: 0 });
    expect(captured).toHaveLength(1);
    const [request] = captured;
    if (request === undefined) return;
    expectAuthenticated(request, label);
    expect(minutesOld(request)).toBe(1);
  });

  it.each(samples)('run with the date of BSD: $operationId, $label', async ({ source }) => {
    // What BSD's and macOS's date understand of what the sample may say, in GNU's words.
    const date = `date() {
      case "$*" in
        '+%s') command date +%s ;;
        '-u -r '*) command date -u -d "@$3" "$4" ;;
        *) echo 'date: illegal option' >&2; return 1 ;;
      esac
    }\n`;
    await runScript(date + source, { ...credential, KOODRIVE_URL: addressOf(server) });
    expect(captured.map(minutesOld)).toEqual([1]);
  });

  it.each(samples)('take a URL with a slash at its end: $operationId, $label', async ({ label, source }) => {
    const stdout = await runScript(source, { ...credential, KOODRIVE_URL: `${addressOf(server)}/` });
    expect(JSON.parse(stdout)).toMatchObject({ code: 0 });
    for (const request of captured) expectAuthenticated(request, label);
  });

  it.each(samples)('do not end the shell that they are pasted into: $operationId, $label', async ({ source }) => {
    expect(await runScript(`set +e\n${source}echo "still here, with \${date-nothing set}"`, {})).toBe(
      'still here, with nothing set\n',
    );
  });

  it.each(samples)('give curl no credential in its arguments: $operationId, $label', async ({ source }) => {
    const script = `curl() { printf '%s\\n' "$@"; }\n${source}`;
    const stdout = await runScript(script, { ...credential, KOODRIVE_URL: addressOf(server) });
    expect(stdout).toContain('--request');
    for (const secret of [credential.KOODRIVE_TOKEN, credential.KOODRIVE_APP_SECRET]) {
      expect(stdout).not.toContain(secret);
    }
  });

  it.each(samples)('say what is missing instead of sending it: $operationId, $label', async ({ source }) => {
    for (const name of new Set(source.match(/KOODRIVE_\w+/g))) {
      const { [name]: _, ...rest }: NodeJS.ProcessEnv = { ...credential, KOODRIVE_URL: addressOf(server) };
      await expect(runScript(source, rest)).rejects.toThrow(`${name}: the `);
    }
    expect(captured).toEqual([]);
  });

  it.each(samples)('fail when the provider refuses: $operationId, $label', async ({ source }) => {
    const env = { ...credential, KOODRIVE_USER_ID: 'not one word', KOODRIVE_URL: addressOf(server) };
    await expect(runScript(source, env)).rejects.toMatchObject({ code: 22, stdout: expect.stringContaining('"code"') });
  });
});

describe('the curl samples of any contract', () => {
  let server: Server;
  const captured: Captured[] = [];
  beforeAll(async () => {
    server = await startCapture(captured, async () => Response.json({}));
  });
  afterAll(() => server.close());

  const thing = '/v1/things/a%2Fb%20%28%C3%BC%29%21/parts';
  const expected: Record<string, object> = {
    listParts: {
      method: 'GET',
      url: `${thing}?limit=20&name=it%27s%20%24HOME%20%26%20%60more%60&zeta=1`,
      body: '',
    },
    renamePart: {
      method: 'PATCH',
      url: '/v1/things/own/parts',
      headers: expect.objectContaining({ 'if-match': `"it's"` }),
    },
    removeParts: { method: 'DELETE', url: thing, body: '' },
  };
  const body = {
    name: 'O\'Brien\'s\n"größte" \\ 漢字 $HOME `id`',
    'a-b': [1, true, null, {}, []],
    nested: { ok: false },
  };

  it.each(curlSamples(syntheticContract))('pass the examples on: $operationId, $label', async (sample) => {
    captured.length = 0;
    await runScript(sample.source, { ...credential, KOODRIVE_URL: addressOf(server) });
    expect(captured).toEqual([expect.objectContaining(expected[sample.operationId] ?? {})]);
    const [request] = captured;
    if (request === undefined) return;
    expectAuthenticated(request, sample.label);
    if (sample.operationId === 'renamePart') expect(JSON.parse(request.body)).toEqual(body);
  });
});

it('signs the worked example as it is printed', async () => {
  const vector = vectors.vectors.find(({ name }) => name === 'V1');
  if (vector === undefined) throw new Error('The worked example V1 is gone');
  const { origin, pathname } = new URL(vector.url);
  const sample = curlWithAppSignature({
    method: vector.method,
    path: pathname,
    parameters: { path: {}, query: {}, header: {} },
    setByClient: ['X-User-Id', 'X-Date'],
    body: {},
  });
  const frozen = `date() { case $1 in +%s) echo 60 ;; *) echo ${vector.headers['x-date']} ;; esac; }; curl() { printf '%s\\n' "$@"; }\n`;
  const script = frozen + sample.replace("body='{}'", `body='${vector.body}'`);
  const stdout = await runScript(script, {
    KOODRIVE_URL: origin,
    KOODRIVE_USER_ID: vector.headers['x-user-id'],
    KOODRIVE_APP_ID: 'id',
    KOODRIVE_APP_SECRET: vectors.appSecret,
  });
  expect(stdout).toContain(`AppId=id,SignedHeaders=host;x-date;x-user-id,Signature=${vector.signature}\n`);
  expect(stdout).toContain(`${vector.body}\n`);
});
