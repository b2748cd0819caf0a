import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { xDate } from '@koodrive-backup/testkit/x-date';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Violation } from '../src/findings/report.ts';
import type { HarEntry } from '../src/formats/har.ts';
import type { Identity } from '../src/http/session.ts';
import { judge } from '../src/judge/oracle.ts';
import { runConformance } from '../src/run.ts';
import { faultyProviders, type World } from './faulty-providers.ts';
import { startWrapped } from './provider.ts';

const execute = promisify(execFile);
const { operations } = readContract(contract);
const base = '/koodrive/ose/v1/backup';
let server: BackupServer;
let data: string;
let users = 100;
let machines = 0;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  server = await startServer({ data });
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true });
});

async function newWorld(): Promise<World> {
  users += 2;
  const [userId, otherId] = [`${users}`, `${users + 1}`];
  const [token, app, otherToken] = await Promise.all([
    server.issueToken(userId),
    server.issueApp(userId),
    server.issueToken(otherId),
  ]);
  return { userId, token, app, expiredToken: `${token}0`, other: { userId: otherId, token: otherToken } };
}

/** What a faulty provider is found to violate, and the environment in which a user puts back what lines leave out. */
async function findings(
  name: string,
  identity: (world: World) => Identity,
  use: (violations: Violation[], entries: HarEntry[], user: User) => Promise<void>,
): Promise<void> {
  const faulty = faultyProviders.find((provider) => provider.name === name);
  if (!faulty) throw new Error(`there is no faulty provider ${name}`);
  const world = await newWorld();
  const provider = await startWrapped(server.url, faulty.wrap(world));
  const entries: HarEntry[] = [];
  try {
    const { results } = await runConformance({
      baseUrl: provider.url,
      credentials: identity(world),
      other: world.other,
      expiredToken: world.expiredToken,
      level: 'behaviour',
      only: [faulty.check],
      deadlineMs: 60_000,
      seed: 1,
      ...(!isSoak && { runs: 2 }),
      onExchange: (entry) => entries.push(entry),
    });
    await use(
      results.flatMap(({ violations }) => violations),
      entries,
      userOf(world, provider.url),
    );
  } finally {
    provider.close();
  }
}

/** Somebody with the suite's report in hand. */
interface User {
  /** As the README says: the secrets of the run, and a lock, a record and a device of their own. */
  environment(): Promise<NodeJS.ProcessEnv>;
  /** Releases the lock. */
  release(): Promise<void>;
}

function userOf({ userId, token, app, expiredToken, other }: World, url: string): User {
  let lockId: string | undefined;

  async function ask(method: string, path: string, body?: object): Promise<string> {
    const response = await fetch(url + base + path, {
      method,
      headers: {
        Authorization: `Bearer+${token}`,
        'X-User-Id': userId,
        'X-Date': xDate(Date.now()),
        'Content-Type': 'application/json',
        ...(lockId !== undefined && { 'x-backup-lock-id': lockId }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const id = /"(?:lock|record|device)Id":"(.+?)"/.exec(await response.text());
    return id?.[1] ?? '';
  }

  return {
    async environment() {
      lockId = await ask('POST', '/lock', { moduleCode: '100' });
      const deviceId = await ask('POST', '/device', { machineCode: `machine_${++machines}` });
      const recordId = await ask('POST', '/record', { moduleCode: '101', deviceId, properties: '{}' });
      return {
        PATH: process.env.PATH,
        KOODRIVE_TOKEN: token,
        KOODRIVE_OTHER_TOKEN: other.token,
        KOODRIVE_EXPIRED_TOKEN: expiredToken,
        KOODRIVE_APP_ID: app.appId,
        KOODRIVE_APP_SECRET: app.appSecret,
        LOCK_ID: lockId,
        RECORD_ID: recordId,
        DEVICE_ID: deviceId,
      };
    },
    async release() {
      if (lockId !== undefined) await ask('DELETE', '/lock');
      lockId = undefined;
    },
  };
}

/** What the oracle says of an answer, in words. */
function judged(status: number, body: Buffer, operationId: string | undefined): string {
  const operation = operations.find(({ id }) => id === operationId);
  if (!operation) throw new Error(`the contract has no ${operationId}`);
  const answer = { status, body, statusText: '', httpVersion: '1.1', headers: {}, waitedMs: 0 };
  return judge(answer, operation, true, 'either').got;
}

/** Runs lines, and gives the last one's answer. */
async function run(lines: string, env: NodeJS.ProcessEnv): Promise<{ status: number; body: Buffer }> {
  const [last = '', ...first] = lines.split('\n').reverse();
  const script = [...first.reverse().map((line) => `{ ${line}; } > /dev/null`), last].join('\n');
  const quiet = script.replaceAll('curl --include', 'curl --silent --show-error --max-time 60 --include');
  const { stdout: out } = await execute('/bin/sh', ['-c', quiet], { env, encoding: 'buffer' });
  const answer = out.toString('latin1').replace(/^HTTP\/1.1 100 .*?\r\n\r\n/s, '');
  const [head = '', ...body] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: Buffer.from(body.join('\r\n\r\n'), 'latin1') };
}

async function expectSameAnswers(
  violations: readonly Violation[],
  entries: readonly HarEntry[],
  user: User,
): Promise<void> {
  const known = violations.map(({ curl = '', hint, request }) => {
    expect(hint).toBeUndefined();
    const entry = entries.find(({ comment }) => comment.startsWith(`request ${request},`));
    if (!entry) throw new Error(`the archive has no request ${request}`);
    return { curl, entry, operation: entry.comment.split(', ')[1] };
  });
  // What takes a lock is in the way of the next that does.
  const chosen = known.filter(({ operation }) => operation !== 'createBackupLock').slice(0, isSoak ? undefined : 1);
  expect(chosen).not.toEqual([]);
  for (const { curl, entry, operation } of chosen) {
    const env = await user.environment();
    for (const secret of [env.KOODRIVE_TOKEN, env.KOODRIVE_OTHER_TOKEN, env.KOODRIVE_APP_SECRET]) {
      expect(curl).not.toContain(secret?.slice(0, 8));
    }
    const { status, body } = await run(curl, env);
    await user.release();
    const { content } = entry.response;
    const seen = judged(entry.response.status, Buffer.from(content.text, content.encoding ?? 'utf8'), operation);
    expect(judged(status, body, operation), curl).toBe(seen);
  }
}

/** Soak runs all, and every line of each; otherwise it is the first of each class, and its first line. */
const isSoak = process.env.MODE === 'soak';
const classOf = (name: string): string | undefined => faultyProviders.find((one) => one.name === name)?.class;
const oneOfEachClass = (names: string[]): string[] =>
  names.filter((name) => isSoak || names.find((other) => classOf(other) === classOf(name)) === name);

const wrongAnswers = [
  'msg is missing',
  'recordId is missing',
  'refusals in HTML',
  '201 for a new record',
  'X-User-Id may be missing',
  'X-Date may be missing',
  'moduleCode may be missing',
  'a body may be missing',
  'deviceId may be empty',
  'deviceId may be a number',
  'X-Date may be of any form',
  'X-Date may have the hour 24',
  'machineCode may have a hyphen',
  'pageSize may be 0',
  'moduleCode of a list may be any text',
  'properties need not be JSON',
  'a header may be sent twice',
  'malformed JSON is taken for {}',
  'bytes that are not UTF-8 are replaced',
  'an array is taken for its first item',
  'text/plain is taken for JSON',
  'PUT is taken for PATCH',
  'an unknown path is answered',
  'no credential is needed',
  'an empty credential is enough',
  'any token is good',
  'a token is compared by its start',
  'X-User-Id is believed',
  'X-Date may be some seconds ahead',
  'X-Date may be 16 minutes old',
  'X-Date may be a second too old',
  'properties of 64 KB are refused',
  'properties with emoji are refused',
  'properties that are null are refused',
  'a body without Content-Type is refused',
  'a large body makes it fail',
  'a completion needs properties',
  'no live lock is needed to create',
  'an unknown lock is released',
];

const signed = [
  'recordId is missing',
  'properties with emoji are refused',
  'a completion needs properties',
  'moduleCode 100 of a list is refused',
];

const wrongInTheEnd = [
  'a list forgets records that were completed',
  'a released lock is good again once its module has a new one',
  "releasing a lock ends another user's of the same module",
  'deleting a record deletes the one that was created before it too',
];

describe.skipIf(!process.env.HAS_CURL)('a report', () => {
  it.each(oneOfEachClass(wrongAnswers))('prints lines that give the same wrong answer where %s', async (name) => {
    await findings(name, ({ userId, token, app }) => ({ userId, token, app }), expectSameAnswers);
  });

  it.each(isSoak ? signed : signed.slice(0, 1))(
    'prints lines that sign, where there is an app alone and %s',
    async (name) => {
      await findings(name, ({ userId, app }) => ({ userId, app }), expectSameAnswers);
    },
  );

  it.each(isSoak ? wrongInTheEnd : wrongInTheEnd.slice(0, 1))(
    'prints lines that come to the same wrong answer, where it takes several: %s',
    async (name) => {
      await findings(
        name,
        ({ userId, token, app }) => ({ userId, token, app }),
        async ([violation], entries, user) => {
          expect(violation?.curl?.split('\n').length).toBeGreaterThan(3);
          const withoutLock = { ...user, environment: () => user.environment().finally(() => user.release()) };
          await expectSameAnswers(violation ? [violation] : [], entries, withoutLock);
        },
      );
    },
  );

  it.each([
    ['signatures are not checked', 'its credential is wrong on purpose'],
    ['a signature does not cover body', 'its credential is wrong on purpose'],
  ])('says why there is no line where %s', async (name, why) => {
    await findings(
      name,
      ({ userId, token, app }) => ({ userId, token, app }),
      async (violations) => {
        // Beside these there may be twins that were refused, because what was forged has done its work.
        const forged = violations.filter(({ fault }) => fault !== undefined);
        expect(forged.length).toBeGreaterThan(0);
        for (const { curl, hint } of forged) {
          expect(curl).toBeUndefined();
          expect(hint).toMatch(new RegExp(`^${why}.*run the suite again with --only signature-\\w+ --seed 1$`));
        }
      },
    );
  });
});
