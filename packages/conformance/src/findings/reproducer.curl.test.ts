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
import { appAuthorization, type Pairs, signedNames } from '../http/app-signature.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { sentHeaders } from '../http/wire.ts';
import { judge } from '../judge/oracle.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { kindsOf } from '../requests/kinds.ts';
import { createReproducer } from './reproducer.ts';

const contract = readContract(document);
const operation = contract.operations.find(({ id }) => id === 'getBackupRecord');
if (!operation) throw new Error('the contract has no getBackupRecord');
const { method, path: template } = operation;

const token = 'tok$en`"\\-0123456789';
const app = { appId: 'an-app', appSecret: 'a $ecret' };
const main: Identity = { userId: '7', token, app };
const tokens = { KOODRIVE_TOKEN: token, KOODRIVE_OTHER_TOKEN: 'AT another-token' };
const environment = {
  PATH: process.env.PATH,
  ...tokens,
  KOODRIVE_APP_ID: app.appId,
  KOODRIVE_APP_SECRET: app.appSecret,
  LOCK_ID: "a lock's",
  RECORD_ID: '99',
};

/** A request as it came. */
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
  baseUrl = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`);
});
afterAll(() => void server.close());

const call: Call = { operation, method, template, path: { recordId: '1' }, query: [], headers: [], body: undefined };

/** An exchange that has come to this answer. */
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
  const sent = { identity: main, number: 1, credential: undefined, failure: undefined, sentAt: Date.now() };
  return { call: made, request, answer, judgement, durationMs: 1, ...sent, ...told };
}

const reproducer = (): ReturnType<typeof createReproducer> =>
  createReproducer(baseUrl, main, kindsOf(contract), tokens, 5);

/** Runs the commands of exchanges in one shell, and returns the requests that they sent. */
async function rerunAll(exchanges: readonly Exchange[], writer = reproducer()): Promise<Seen[]> {
  const lines = exchanges.map((exchange) => {
    const reproduction = writer.reproduce(exchange, 'a-check');
    if ('hint' in reproduction) throw new Error(reproduction.hint);
    for (const secret of [token, token.slice(0, -1), app.appSecret]) expect(reproduction.curl).not.toContain(secret);
    return reproduction.curl;
  });
  arrived.length = 0;
  const shell = spawn('/bin/sh', { env: environment, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.stdin.end(lines.map((line) => `{ ${line}; } < /dev/null\n`).join(''));
  await once(shell, 'close');
  expect(arrived).toHaveLength(exchanges.length);
  return arrived.slice();
}

async function rerun(exchange: Exchange, writer = reproducer()): Promise<Seen> {
  const [seen] = await rerunAll([exchange], writer);
  if (!seen) throw new Error('no request was sent');
  return seen;
}

/** The headers that were seen, but those that curl has of its own, in the order of their names. */
function headersOf({ headers }: Seen): string[] {
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}`] : []));
  return pairs.filter((header) => !/^(accept|user-agent|expect):/i.test(header)).sort();
}

const sentText = ({ request }: Exchange): string[] =>
  sentHeaders(request, baseUrl)
    .map(([name, value]) => `${name}: ${value}`)
    .sort();

const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(!process.env.HAS_CURL)('a curl line', () => {
  it(`sends the very same request, whatever is in it, with the seed ${seed}`, async () => {
    const headerValue = fc
      .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 30 })
      .filter((value) => value.trim() === value && !/[\x7f-\x9f]/.test(value));
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
    const bodies = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
      fc.constantFrom('@file', '', "'", '-', '\n', '{"a":"\u202e"}', 'é中😀').map((value) => Buffer.from(value)),
      fc.nat({ max: 2_000_000 }).map((length) => Buffer.from(`{"x":"${'y'.repeat(length)}"}`)),
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
    const exchanges = made.map(({ recordId, ...parts }) => exchangeOf({ ...call, ...parts, path: { recordId } }, []));
    const seen = await rerunAll(exchanges);
    for (const [i, exchange] of exchanges.entries()) {
      const one = seen[i];
      if (!one) throw new Error(`request ${i} was not sent`);
      expect(one.method).toBe(exchange.request.method);
      expect(one.target).toBe(`/prefix${exchange.request.target}`);
      expect(headersOf(one)).toEqual(sentText(exchange));
      expect(one.body.equals(exchange.request.body ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('takes a token from the environment, whatever was made of it', async () => {
    const authorizations = {
      'a token': `Bearer+${token}`,
      'a token that carries its scheme': 'AT another-token',
      'a token cut off': `Bearer+${token.slice(0, -1)}`,
      'a token with its last character altered': `Bearer+${token.slice(0, -1)}x`,
      'a token with a character more': `Bearer+${token}0`,
      'a token under another scheme': `Basic ${token}`,
      'a made-up token': "Bearer+' OR '1'='1",
      'a scheme alone': 'Bearer+',
    };
    const exchanges = Object.values(authorizations).map((authorization) => exchangeOf(call, [authorization]));
    const seen = await rerunAll(exchanges);
    for (const [i, what] of Object.keys(authorizations).entries()) {
      expect(headersOf(seen[i] as Seen), what).toEqual(sentText(exchanges[i] as Exchange));
    }
  });

  it.each([
    ['a secret in its midst', `Bearer+x${token}`],
    ['the larger part of a secret', `Bearer+${token.slice(3)}`],
    ['a forged signature', 'HMAC-SHA256 AppId=an-app,SignedHeaders=host,Signature=00'],
  ])('is not made where it would show %s', (_what, authorization) => {
    expect(reproducer().reproduce(exchangeOf(call, [authorization]), 'a-check')).toEqual({
      hint: expect.stringMatching(/run the suite again with --only a-check --seed 5$/),
    });
  });

  it('is not made where it would be too long', () => {
    const body = Buffer.from(JSON.stringify(Array.from({ length: 9_000 }, (_, i) => i)));
    expect(reproducer().reproduce(exchangeOf({ ...call, body }, []), 'a-check')).toEqual({
      hint: expect.stringMatching(/^its body is too large/),
    });
  });

  it('has an X-Date that is as far from now as it was, whenever it is run', async () => {
    const longAgo = Date.now() - 7_200_000;
    const offsets = [0, -901, 1, 800, 86_400];
    const exchanges = offsets.map((offset) => {
      const headers: Pairs = [['X-Date', xDate(longAgo + offset * 1000)]];
      return exchangeOf({ ...call, headers }, [], { sentAt: longAgo });
    });
    const before = Math.floor(Date.now() / 1000) * 1000;
    const seen = await rerunAll(exchanges);
    for (const [i, offset] of offsets.entries()) {
      const sent = headersOf(seen[i] as Seen)
        .find((header) => header.startsWith('X-Date: '))
        ?.slice(8);
      const [least, most] = [xDate(before + offset * 1000), xDate(Date.now() + offset * 1000)];
      expect(sent && sent >= least && sent <= most, `${sent}, ${offset} s from now`).toBe(true);
    }
  });

  it('signs anew where the request was signed', async () => {
    const body = Buffer.from('{"properties":"%s \\n\'"}');
    const query: Pairs = [
      ['b', "'%"],
      ['a', 'ü'],
    ];
    const headers: Pairs = [
      ['X-User-Id', '7'],
      ['X-Date', xDate(Date.now())],
    ];
    const seen = await rerun(
      exchangeOf({ ...call, method: 'POST', query, headers, body }, ['HMAC-SHA256 x'], { credential: 'app' }),
    );
    const seenPairs: Pairs = headersOf(seen).map((header) => [
      header.slice(0, header.indexOf(': ')),
      header.slice(header.indexOf(': ') + 2),
    ]);
    const signed = { method: 'POST', path: '/prefix/koodrive/ose/v1/backup/record/1', query, headers: seenPairs, body };
    expect(seenPairs.find(([name]) => name === 'Authorization')?.[1]).toBe(
      appAuthorization(app, signed, signedNames(seenPairs)),
    );
  });

  /** An accepted exchange of an operation that makes something. */
  function making(id: string, data: object): Exchange {
    const maker = contract.operations.find((candidate) => candidate.id === id);
    if (!maker) throw new Error(`the contract has no ${id}`);
    const { judgement, ...made } = exchangeOf({ ...call, operation: maker, method: maker.method }, []);
    return { ...made, judgement: { ...judgement, envelope: { code: 0, data } } };
  }

  it('leaves to the user what the suite had made, and removes', async () => {
    const writer = reproducer();
    const headers: Pairs = [['x-backup-lock-id', 'lock@1']];
    writer.observe(making('createBackupLock', { lockId: 'lock@1' }));
    writer.observe(making('createBackupRecord', { recordId: '1' }));
    const seen = await rerun(exchangeOf({ ...call, headers }, [], { number: 2 }), writer);
    expect(seen.target).toMatch(/\/record\/99$/);
    expect(headersOf(seen)).toContain("x-backup-lock-id: a lock's");
  });

  it('keeps the id of what was gone when it was used', async () => {
    const writer = reproducer();
    writer.observe(making('createBackupRecord', { recordId: '1' }));
    const gone = exchangeOf({ ...call, method: 'DELETE' }, [], { number: 2 });
    writer.observe(gone);
    const [first, then] = await rerunAll([gone, { ...gone, number: 3 }], writer);
    expect(first?.target).toMatch(/\/record\/99$/);
    expect(then?.target).toMatch(/\/record\/1$/);
  });
});
