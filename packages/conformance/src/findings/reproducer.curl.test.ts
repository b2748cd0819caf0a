import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContract } from '../contract.ts';
import { appAuthorization, type Pairs, signedNames } from '../http/app-signature.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { sentHeaders } from '../http/wire.ts';
import { judge } from '../judge/oracle.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { createReproducer } from './reproducer.ts';

const execute = promisify(execFile);
const { operations } = readContract(document);
const operation = operations.find(({ id }) => id === 'getBackupRecord');
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

/** Keeps the last request as it came. */
const seen = { method: '', target: '', headers: [] as string[], body: Buffer.alloc(0) };
const server = createServer(async (request, response) => {
  const { method = '', url = '', rawHeaders } = request;
  Object.assign(seen, { method, target: url, headers: rawHeaders, body: await buffer(request) });
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

const reproducer = (): ReturnType<typeof createReproducer> => createReproducer(baseUrl, main, tokens, 5);

/** Runs the command of an exchange, so that its request is seen. */
async function rerun(exchange: Exchange, writer = reproducer()): Promise<void> {
  const reproduction = writer.reproduce(exchange, 'a-check');
  if ('hint' in reproduction) throw new Error(reproduction.hint);
  for (const secret of [token, token.slice(0, -1), app.appSecret]) expect(reproduction.curl).not.toContain(secret);
  await execute('/bin/sh', ['-c', reproduction.curl], { env: environment });
}

/** The headers that were seen, but those that curl has of its own, in the order of their names. */
function seenHeaders(): string[] {
  const pairs = seen.headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${seen.headers[i + 1]}`] : []));
  return pairs.filter((header) => !/^(accept|user-agent|expect):/i.test(header)).sort();
}

const sentText = ({ request }: Exchange): string[] =>
  sentHeaders(request, baseUrl)
    .map(([name, value]) => `${name}: ${value}`)
    .sort();

describe('a curl line', () => {
  it('sends the very same request, whatever is in it', async () => {
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
    await fc.assert(
      fc.asyncProperty(calls, async ({ recordId, ...made }) => {
        const exchange = exchangeOf({ ...call, ...made, path: { recordId } }, []);
        await rerun(exchange);
        expect(seen.method).toBe(made.method);
        expect(seen.target).toBe(`/prefix${exchange.request.target}`);
        expect(seenHeaders()).toEqual(sentText(exchange));
        expect(seen.body.equals(made.body ?? Buffer.alloc(0))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a token', `Bearer+${token}`],
    ['a token that carries its scheme', 'AT another-token'],
    ['a token cut off', `Bearer+${token.slice(0, -1)}`],
    ['a token with its last character altered', `Bearer+${token.slice(0, -1)}x`],
    ['a token with a character more', `Bearer+${token}0`],
    ['a token under another scheme', `Basic ${token}`],
    ['a made-up token', "Bearer+' OR '1'='1"],
    ['a scheme alone', 'Bearer+'],
  ])('takes %s from the environment', async (_what, authorization) => {
    const exchange = exchangeOf(call, [authorization]);
    await rerun(exchange);
    expect(seenHeaders()).toEqual(sentText(exchange));
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

  it.each([0, -901, 1, 800, 86_400])('has an X-Date that is %i s from now, whenever it is run', async (offset) => {
    const xDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
    const longAgo = Date.now() - 7_200_000;
    const headers: Pairs = [['X-Date', xDate(longAgo + offset * 1000)]];
    const before = Math.floor(Date.now() / 1000) * 1000;
    await rerun(exchangeOf({ ...call, headers }, [], { sentAt: longAgo }));
    const sent = seenHeaders()
      .find((header) => header.startsWith('X-Date: '))
      ?.slice(8);
    expect(sent && sent >= xDate(before + offset * 1000) && sent <= xDate(Date.now() + offset * 1000), sent).toBe(true);
  });

  it('signs anew where the request was signed', async () => {
    const body = Buffer.from('{"properties":"%s \\n\'"}');
    const query: Pairs = [
      ['b', "'%"],
      ['a', 'ü'],
    ];
    const headers: Pairs = [
      ['X-User-Id', '7'],
      ['X-Date', new Date().toISOString().replace(/[-:]|\.\d+/g, '')],
    ];
    await rerun(
      exchangeOf({ ...call, method: 'POST', query, headers, body }, ['HMAC-SHA256 x'], { credential: 'app' }),
    );
    const seenPairs: Pairs = seenHeaders().map((header) => [
      header.slice(0, header.indexOf(': ')),
      header.slice(header.indexOf(': ') + 2),
    ]);
    const signed = { method: 'POST', path: '/prefix/koodrive/ose/v1/backup/record/1', query, headers: seenPairs, body };
    expect(seenPairs.find(([name]) => name === 'Authorization')?.[1]).toBe(
      appAuthorization(app, signed, signedNames(seenPairs)),
    );
  });

  it('leaves to the user what the suite had made, and removes', async () => {
    const writer = reproducer();
    const headers: Pairs = [['x-backup-lock-id', 'lock@1']];
    const made = exchangeOf({ ...call, method: 'POST' }, []);
    const envelope = { code: 0, data: { lockId: 'lock@1', recordId: '1' } };
    writer.observe({ ...made, judgement: { ...made.judgement, envelope } });
    await rerun(exchangeOf({ ...call, headers }, [], { number: 2 }), writer);
    expect(seen.target).toMatch(/\/record\/99$/);
    expect(seenHeaders()).toContain("x-backup-lock-id: a lock's");
  });

  it('keeps the id of what was gone when it was used', async () => {
    const writer = reproducer();
    const made = exchangeOf({ ...call, method: 'POST' }, []);
    writer.observe({ ...made, judgement: { ...made.judgement, envelope: { code: 0, data: { recordId: '1' } } } });
    const gone = exchangeOf({ ...call, method: 'DELETE' }, [], { number: 2 });
    writer.observe(gone);
    await rerun(gone, writer);
    expect(seen.target).toMatch(/\/record\/99$/);
    await rerun({ ...gone, number: 3 }, writer);
    expect(seen.target).toMatch(/\/record\/1$/);
  });
});
