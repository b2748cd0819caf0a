import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { xDate } from '@koodrive-backup/testkit/x-date';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pairs } from '../http/app-signature.ts';
import type { Exchange } from '../http/session.ts';
import { sentHeaders } from '../http/wire.ts';
import { judge } from '../judge/oracle.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { kindsOf } from '../requests/kinds.ts';
import { createCurlWriter } from './curl.ts';

const contract = readContract(document);
const operation = contract.operations.find(({ id }) => id === 'getBackupRecord');
if (!operation) throw new Error('the contract has no getBackupRecord');
const { method, path: template } = operation;

const token = 'tok$en`"\\-0123456789';
const tokens = { KOODRIVE_TOKEN: token, KOODRIVE_OTHER_TOKEN: 'AT another-token' };
const environment = { PATH: process.env.PATH, ...tokens, LOCK_ID: "a lock's", RECORD_ID: '99' };

/** A request as the server received it. */
interface Seen {
  method: string;
  target: string;
  headers: string[];
  body: Buffer;
}

const arrived: Seen[] = [];
const server = createServer(async (request, response) => {
  const { method = '', url = '', rawHeaders } = request;
  arrived.push({ method, target: url, headers: rawHeaders, body: await buffer(request) });
  response.end();
});
let baseUrl: URL;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/it's/`);
});
afterAll(() => void server.close());

const call: Call = { operation, method, template, path: { recordId: '1' }, query: [], headers: [], body: undefined };

/** Returns an exchange whose request was accepted. */
function exchangeOf(made: Call, authorizations: readonly string[], told: Partial<Exchange> = {}): Exchange {
  const { method, headers, body } = made;
  const authorization: Pairs = authorizations.map((value) => ['Authorization', value]);
  const request = { method, target: pathOf(made) + queryOf(made), headers: [...authorization, ...headers], body };
  const answer = {
    status: 200,
    statusText: 'OK',
    httpVersion: '1.1',
    headers: {},
    body: Buffer.from('{"code":0,"msg":"success","data":{}}'),
    waitedMs: 1,
  };
  const judgement = judge(answer, made.operation, true, 'either');
  const sent = { number: 1, credential: undefined, failure: undefined, sentAt: Date.now() };
  return { call: made, request, answer, judgement, durationMs: 1, identity: { userId: '7' }, ...sent, ...told };
}

const writer = (): ReturnType<typeof createCurlWriter> => createCurlWriter(baseUrl, kindsOf(contract), tokens);

/** Runs the lines of exchanges in one shell, and returns the requests that they sent. */
async function rerun(exchanges: readonly Exchange[], { lineOf } = writer()): Promise<Seen[]> {
  const lines = exchanges.map((exchange) => {
    const line = lineOf(exchange);
    if (line === undefined) throw new Error('there is no line');
    for (const secret of Object.values(tokens)) expect(line).not.toContain(secret);
    return line;
  });
  arrived.length = 0;
  const shell = spawn('/bin/sh', { env: environment, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.stdin.end(lines.map((line) => `${line} < /dev/null\n`).join(''));
  await once(shell, 'close');
  expect(arrived).toHaveLength(exchanges.length);
  return arrived.slice();
}

/** Returns the received headers without those that curl adds, sorted by name. */
function headersOf({ headers }: Seen): string[] {
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}`] : []));
  return pairs.filter((header) => !/^(accept|user-agent):/i.test(header)).sort();
}

const sentText = ({ request }: Exchange): string[] =>
  sentHeaders(request, baseUrl)
    .map(([name, value]) => `${name}: ${value}`)
    .sort();

const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(!process.env.HAS_CURL)('a curl line', () => {
  it(`sends exactly the same request, whatever it contains, with the seed ${seed}`, async () => {
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
    const headerValue = text.filter((value) => value.trim() === value);
    const bodies = fc.oneof(
      fc.constant(undefined),
      fc.json().map((json) => Buffer.from(json)),
      fc.constantFrom('@file', '', "'", '-', 'é中😀').map((value) => Buffer.from(value)),
    );
    const calls = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      recordId: text.filter((id) => !/^\.*$/.test(id)),
      query: fc.array(fc.tuple(text, text), { maxLength: 3 }),
      headers: fc.array(fc.tuple(fc.constantFrom('X-User-Id', 'X-Date', 'X-traceid', 'Content-Type'), headerValue), {
        maxLength: 4,
      }),
      body: bodies,
    });
    const made = fc.sample(calls, { seed, numRuns: process.env.MODE === 'soak' ? 300 : 25 });
    const { lineOf } = writer();
    const all = made.map(({ recordId, ...parts }) => exchangeOf({ ...call, ...parts, path: { recordId } }, []));
    const exchanges = all.filter((exchange) => lineOf(exchange) !== undefined);
    expect(exchanges.length).toBeGreaterThan(all.length / 2);
    const seen = await rerun(exchanges);
    for (const [i, exchange] of exchanges.entries()) {
      const one = seen[i];
      if (!one) throw new Error(`request ${i} was not sent`);
      expect(one.method).toBe(exchange.request.method);
      expect(one.target).toBe(`/it%27s${exchange.request.target}`);
      expect(headersOf(one)).toEqual(sentText(exchange));
      expect(one.body.equals(exchange.request.body ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('reads a token from the environment, and keeps the scheme that it was sent with', async () => {
    const authorizations = [`Bearer+${token}`, 'AT another-token', token, ''];
    const exchanges = authorizations.map((authorization) => exchangeOf(call, [authorization]));
    const seen = await rerun(exchanges);
    for (const [i, exchange] of exchanges.entries()) expect(headersOf(seen[i] as Seen)).toEqual(sentText(exchange));
  });

  it.each([
    ['a token with a character more', `Bearer+${token}0`],
    ['a part of a token', `Bearer+${token.slice(0, -1)}`],
    ['a token under another scheme', `Basic ${token}`],
    ['a made-up credential', "Bearer+' OR '1'='1"],
    ['a signature', 'HMAC-SHA256 AppId=an-app,SignedHeaders=host,Signature=00'],
  ])('is not made for %s', (_what, authorization) => {
    expect(writer().lineOf(exchangeOf(call, [authorization]))).toBeUndefined();
  });

  it.each([
    ['a request that an app has signed', exchangeOf(call, [], { credential: 'app' })],
    ['a large body', exchangeOf({ ...call, body: Buffer.alloc(3_000, 'x') }, [])],
    ['a body that is no text', exchangeOf({ ...call, body: Buffer.from([0xff]) }, [])],
    ['a control character', exchangeOf({ ...call, body: Buffer.from('\u001b[2J') }, [])],
    ['an X-Date of the past', exchangeOf({ ...call, headers: [['X-Date', xDate(Date.now() - 960_000)]] }, [])],
    ['an X-Date of the future', exchangeOf({ ...call, headers: [['X-Date', xDate(Date.now() + 60_000)]] }, [])],
  ])('is not made for %s', (_what, exchange) => {
    expect(writer().lineOf(exchange)).toBeUndefined();
  });

  it('sends the current time as X-Date, whenever it runs', async () => {
    const longAgo = Date.now() - 7_200_000;
    const before = xDate(Date.now());
    const [seen] = await rerun([
      exchangeOf({ ...call, headers: [['X-Date', xDate(longAgo - 2_000)]] }, [], { sentAt: longAgo }),
    ]);
    const sent =
      headersOf(seen as Seen)
        .find((header) => header.startsWith('X-Date: '))
        ?.slice(8) ?? '';
    expect(sent >= before && sent <= xDate(Date.now()), sent).toBe(true);
  });

  /** Returns an accepted exchange of an operation that creates something. */
  function making(id: string, data: object): Exchange {
    const maker = contract.operations.find((candidate) => candidate.id === id);
    if (!maker) throw new Error(`the contract has no ${id}`);
    const { judgement, ...made } = exchangeOf({ ...call, operation: maker, method: maker.method }, []);
    return { ...made, judgement: { ...judgement, envelope: { code: 0, data } } };
  }

  it('has variables for things that the suite created and removed', async () => {
    const curl = writer();
    const headers: Pairs = [['x-backup-lock-id', 'lock@1']];
    curl.observe(making('createBackupLock', { lockId: 'lock@1' }));
    curl.observe(making('createBackupRecord', { recordId: '1' }));
    const [seen] = await rerun([exchangeOf({ ...call, headers }, [], { number: 2 })], curl);
    expect(seen?.target).toMatch(/\/record\/99$/);
    expect(headersOf(seen as Seen)).toContain("x-backup-lock-id: a lock's");
  });

  it('keeps the id of a thing that was gone before the request', async () => {
    const curl = writer();
    curl.observe(making('createBackupRecord', { recordId: '1' }));
    const gone = exchangeOf({ ...call, method: 'DELETE' }, [], { number: 2 });
    curl.observe(gone);
    const [first, then] = await rerun([gone, { ...gone, number: 3 }], curl);
    expect(first?.target).toMatch(/\/record\/99$/);
    expect(then?.target).toMatch(/\/record\/1$/);
  });
});
