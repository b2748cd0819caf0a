import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import type { HarEntry } from '../src/formats/har.ts';
import { parseCommandLine } from '../src/options.ts';
import { runCommandLine } from './command-line.ts';
import { answered, header, is, type Json, parse, setHeader, trusted, type Wrap } from './faults/parts.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const only = ['examples-accepted', 'missing-refused', 'record-completed', 'lock-exclusive', 'token-wrong-refused'];
const outcomes = ({ results }: Report): string[] =>
  results.map(({ check, operation, outcome }) => `${check} ${operation} ${outcome}`);

it('reaches the same verdicts with any concurrency, and keeps to the concurrency', async () => {
  const most = async (concurrency: number): Promise<[number, string[]]> => {
    let [underWay, most] = [0, 0];
    const report = await reference.run({ only, concurrency }, () => async (request, forward) => {
      underWay += 1;
      most = Math.max(most, underWay);
      const answer = await forward(request);
      underWay -= 1;
      return answer;
    });
    return [most, outcomes(report)];
  };
  const [one, inOrder] = await most(1);
  const [many, sideBySide] = await most(12);
  expect(one).toBe(1);
  expect(many).toBeGreaterThan(4);
  expect(many).toBeLessThanOrEqual(12);
  expect(sideBySide).toEqual(inOrder);
});

it('sends a header with every request, and never shows its value', async () => {
  const entries: HarEntry[] = [];
  const echoing: Wrap = () => async (request, forward) => {
    if (header(request, 'x-route') !== 's3cret-route') return answered(500, { code: 500, msg: 'no route' });
    const answer = await forward(request);
    return answer.status === 200 ? answer : answered(answer.status, { code: 1, msg: 'not for s3cret-route' });
  };
  const report = await reference.run(
    {
      only: ['missing-refused', 'enum-accepted'],
      headers: { 'X-Route': 's3cret-route' },
      onExchange: (one) => entries.push(one),
    },
    echoing,
  );
  expect(report.results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
  expect(entries.length).toBeGreaterThan(20);
  expect(JSON.stringify([report, entries])).not.toContain('s3cret-route');
});

it.each(['Authorization', 'x-date', 'Host', 'X-Backup-Lock-Id'])(
  'does not let %s be set for every request',
  async (name) => {
    await expect(reference.run({ headers: { [name]: 'x' } })).rejects.toThrow(
      `the suite sets the header ${name} itself`,
    );
  },
);

/** A provider whose tokens expire after some requests. */
const expiring =
  (goodFor: number): Wrap =>
  (world) => {
    let used = 0;
    return (request, forward) => {
      const authorization = header(request, 'authorization');
      const isFirst = authorization === 'Bearer+first';
      if (isFirst) used += 1;
      const isGood = (isFirst && used <= goodFor) || authorization === 'Bearer+second';
      const isMain = header(request, 'x-user-id') === '7';
      return forward(isGood && isMain ? setHeader(trusted(request, world), 'x-user-id', world.userId) : request);
    };
  };

it('continues with a new token after the current one has expired', async () => {
  let renewals = 0;
  const renewToken = async (): Promise<string> => {
    renewals += 1;
    return 'second';
  };
  const report = await reference.run({ only, renewToken, credentials: { userId: '7', token: 'first' } }, expiring(60));
  expect(renewals).toBe(1);
  expect(report.results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
});

it('asks for a new token only once if the new one is refused too', async () => {
  let renewals = 0;
  await reference
    .run({
      only,
      credentials: { userId: '7', token: 'none' },
      renewToken: async () => `none ${++renewals}`,
    })
    .catch(() => {});
  expect(renewals).toBe(1);
});

it('finds properties that are written again also with the profile quick', async () => {
  const written: Wrap = () => async (request, forward) => {
    const answer = await forward(request);
    const envelope = parse(answer.body);
    const record = envelope?.data as Json | undefined;
    if (!is(request, 'GET', '/record/*') || typeof record?.properties !== 'string') return answer;
    const properties = JSON.stringify(JSON.parse(record.properties));
    return { ...answer, body: Buffer.from(JSON.stringify({ ...envelope, data: { ...record, properties } })) };
  };
  const { results } = await reference.run({ profile: 'quick', only: ['record-echo'] }, written);
  expect(results.map(({ outcome }) => outcome)).toContain('violated');
});

it('reads the options for sending from the command line and the environment', () => {
  const args = [
    'http://127.0.0.1:1',
    '--timeout',
    '2',
    '--concurrency',
    '3',
    '--profile',
    'quick',
    '--operation',
    'bindDevice',
  ];
  const parsed = parseCommandLine([...args, '--header', 'X-Key:  a: b '], {
    KOODRIVE_USER_ID: '7',
    KOODRIVE_TOKEN: 't',
    KOODRIVE_OTHER_USER_ID: '8',
    KOODRIVE_OTHER_TOKEN: 'u',
  });
  expect(parsed).toMatchObject({
    options: {
      deadlineMs: 2000,
      concurrency: 3,
      profile: 'quick',
      operations: ['bindDevice'],
      headers: { 'X-Key': 'a: b' },
      credentials: { userId: '7' },
      other: { userId: '8' },
    },
  });
  expect(() => parseCommandLine([...args, '--header', 's3cret'], {})).toThrow("--header must be '<name>: <value>'");
});

it.each([
  ['fails', 'exit 3', 'the token command ended with status 3'],
  ['prints nothing', 'true', 'the token command must print one token and nothing else'],
])('ends with 2 if the token command %s', async (_, command, message) => {
  const args = ['http://127.0.0.1:1', '--user-id', '7', '--token-command', command];
  expect(await runCommandLine(args)).toEqual({ status: 2, out: '', err: `koodrive-conformance: ${message}\n` });
});

it('ends with 2 if the file of certificates has none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  await writeFile(file, 'no certificate');
  const { status, err } = await runCommandLine(['http://127.0.0.1:1', '--user-id', '7', '--token', 'x', '--ca', file]);
  expect(status).toBe(2);
  expect(err).toContain(`cannot use ${file}`);
});
