import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Report, Result } from '../src/findings/report.ts';
import type { HarEntry } from '../src/formats/har.ts';
import { parseCommandLine } from '../src/options.ts';
import { runConformance } from '../src/run.ts';
import type { ConformanceOptions } from '../src/settings.ts';
import { type Message, startWrapped, type Wrapper } from './provider.ts';

const base = '/koodrive/ose/v1/backup';
let data: string;
let server: BackupServer;
let token: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  server = await startServer({ data });
  token = await server.issueToken('7');
});
afterEach(async () => {
  await server.close();
  await rm(data, { recursive: true });
});

/** Runs the suite with the options of a command line, against the server or a wrapper in front of it. */
async function run(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  wrapper?: Wrapper,
  onExchange?: ConformanceOptions['onExchange'],
): Promise<Report> {
  const provider = wrapper ? await startWrapped(server.url, wrapper) : undefined;
  if (provider) onTestFinished(() => provider.close());
  const url = provider?.url ?? server.url;
  const commandLine = parseCommandLine([url, '--user-id', '7', '--seed', '1', ...args], {
    KOODRIVE_TOKEN: token,
    ...env,
  });
  if (commandLine.action !== 'run') throw new Error('the arguments ask for no run');
  return runConformance({ ...commandLine.options, ...(onExchange && { onExchange }) });
}

async function ask(
  method: string,
  path: string,
  body?: object,
  lock?: string,
): Promise<{ code: number; data: unknown }> {
  const response = await fetch(server.url + base + path, {
    method,
    headers: {
      Authorization: `Bearer+${token}`,
      'X-User-Id': '7',
      'X-Date': xDate(Date.now()),
      'Content-Type': 'application/json',
      ...(lock !== undefined && { 'x-backup-lock-id': lock }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json() as Promise<{ code: number; data: unknown }>;
}

/** Some checks, which send requests of each kind to every operation. */
const some = ['examples-accepted', 'missing-refused', 'success-schema', 'refusal-schema'].flatMap((id) => [
  '--only',
  id,
]);

/** Leaves out the checks that send the most requests, because the requests of each are all of one kind. */
const briefly = ['--runs', '2', '--skip', 'pattern-refused', '--skip', 'wrong-type-refused', '--skip', 'harmless'];

const outcomes = ({ results }: Report, operation: string): Set<Result['outcome']> =>
  new Set(results.filter((result) => result.operation === operation).map(({ outcome }) => outcome));

it('uses the lock of --lock-id if the provider has no operation for locks, and leaves it live', async () => {
  const { data: taken } = await ask('POST', '/lock', { moduleCode: '101' });
  const { lockId } = taken as { lockId: string };
  const locks = new Set<string | undefined>();
  const lockless: Wrapper = async (request, forward) => {
    if (request.target === `${base}/lock`) {
      return {
        status: 404,
        headers: [['content-type', 'application/json']],
        body: Buffer.from('{"code":404,"msg":"no"}'),
      };
    }
    const answer = await forward(request);
    if (answer.status === 200) locks.add(lockOf(request));
    return answer;
  };
  const report = await run(['--lock-id', lockId, '--refusal', 'status', ...some], {}, lockless);
  for (const operation of ['createBackupRecord', 'completeBackup', 'deleteBackupRecord']) {
    expect(outcomes(report, operation)).toContain('passed');
    expect(outcomes(report, operation)).not.toContain('violated');
  }
  expect(locks).toEqual(new Set([undefined, lockId]));
  expect(report.warnings.join()).toContain('the provider accepted no request to');
  expect((await ask('PATCH', '/lock', undefined, lockId)).code).toBe(0);
});

const lockOf = ({ headers }: Message): string | undefined => headers.find(([name]) => name === 'x-backup-lock-id')?.[1];

it('uses the lock of --lock-id even if the provider has operations for locks, and does not release it', async () => {
  const { data: taken } = await ask('POST', '/lock', { moduleCode: '101' });
  const { lockId } = taken as { lockId: string };
  const report = await run(['--lock-id', lockId, '--refusal', 'status', ...some]);
  expect(report.results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
  expect((await ask('PATCH', '/lock', undefined, lockId)).code).toBe(0);
});

it('observes the checks that need another user only if one is given', async () => {
  const only = ['--level', 'behaviour', '--only', 'others-private', '--only', 'record-new'];
  const alone = await run(only);
  expect(alone.results.find(({ check }) => check === 'others-private')).toMatchObject({
    outcome: 'not observed',
    reason: 'there is no other user',
  });
  const option = '--other-user-id and --other-token';
  expect(alone.missing).toEqual([{ what: 'another user', option, checks: ['others-private'] }]);
  const otherToken = await server.issueToken('8');
  for (const [args, env] of [
    [['--other-token', otherToken], {}],
    [[], { KOODRIVE_OTHER_TOKEN: otherToken }],
  ] as const) {
    const { honoured, results } = await run([...only, '--other-user-id', '8', ...args], env);
    expect(honoured).toBe(true);
    expect(results.some(({ check, outcome }) => check === 'others-private' && outcome === 'passed')).toBe(true);
  }
  const wrong = run([...only, '--other-user-id', '8', '--other-token', 'none']);
  await expect(wrong).rejects.toThrow('the provider does not accept the credentials of user 8');
});

it('keeps to the limits of requests in a second and in all, and waits if the provider sends Retry-After', async () => {
  let arrived = 0;
  const impatient: Wrapper = async (request, forward) => {
    arrived += 1;
    if (arrived !== 20) return forward(request);
    return { status: 429, headers: [['retry-after', '1']], body: Buffer.from('{"code":429,"msg":"later"}') };
  };
  const sent: number[] = [];
  let asked: { after: number; at: number } | undefined;
  const onExchange = ({ startedDateTime, response }: HarEntry): void => {
    sent.push(Date.parse(startedDateTime));
    if (response.status === 429) asked = { after: sent.length, at: Date.now() };
  };
  const args = ['--rate', '100', '--max-requests', '60', '--only', 'missing-refused', '--refusal', 'status'];
  const { honoured, requests, warnings } = await run(args, {}, impatient, onExchange);
  expect(honoured).toBe(true);
  expect(warnings).toContain('the run ended at its limit of requests');
  // Requests that clean up do not count towards the limit, but appear in `requests`.
  expect(requests).toBeGreaterThanOrEqual(60);
  expect(requests).toBe(arrived);
  if (!asked) throw new Error('no answer had Retry-After');
  const { after, at } = asked;
  const before = sent.slice(0, after).sort((a, b) => a - b);
  expect(Number(before.at(-1)) - Number(before[0])).toBeGreaterThan((before.length - 1) * 5);
  // Some requests were already sent when Retry-After came.
  const later = sent.slice(after).filter((time) => time > at);
  expect(later.length).toBeGreaterThan(30);
  expect(Math.min(...later) - at).toBeGreaterThan(980);
});

it('reports no violation if the users already hold locks, of whichever modules', async () => {
  await ask('POST', '/lock', { moduleCode: '100' });
  await ask('POST', '/lock', { moduleCode: '101' });
  const { results } = await run(['--level', 'behaviour', '--other-user-id', '8', ...briefly], {
    KOODRIVE_OTHER_TOKEN: await server.issueToken('8'),
  });
  expect(results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
});
