import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { runConformance } from '../src/run.ts';
import type { ConformanceOptions } from '../src/settings.ts';
import { answered, is, type Json, parse, root, type Wrap, xDate } from './faults/parts.ts';
import { faultyProviders } from './faulty-providers.ts';
import type { Answered, Message } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const lockId = 'the-lock@102';
const id = 'createBackupRecord';

/** A provider with the one operation of the vendor's page, and a lock that its owner got elsewhere. */
const pageOnly: Wrap = ({ token, userId }) => {
  let live: Promise<string> | undefined;
  const take = async (forward: (request: Message) => Promise<Answered>): Promise<string> => {
    const headers: Message['headers'] = [
      ['host', 'provider'],
      ['authorization', `Bearer+${token}`],
      ['x-user-id', userId],
      ['x-date', xDate()],
      ['content-type', 'application/json'],
    ];
    const body = Buffer.from('{"moduleCode":"102"}');
    const answer = await forward({ method: 'POST', target: `${root}/lock`, headers, body });
    return String((parse(answer.body)?.data as Json | undefined)?.lockId);
  };
  return async (request, forward) => {
    if (!is(request, 'POST', '/record')) return answered(404, { code: 404, msg: 'there is no such path' });
    live ??= take(forward);
    const lock = await live;
    const named = (name: string, value: string): boolean => /^x-backup-lock-id$/i.test(name) && value === lockId;
    const headers = request.headers.map(([name, value]): [string, string] => [name, named(name, value) ? lock : value]);
    return forward({ ...request, headers });
  };
};

const run = (wrap: Wrap = pageOnly, more: Partial<ConformanceOptions> = {}): Promise<Report> =>
  reference.run({ operations: [id], lockId, runs: 5, ...more }, wrap);

describe('a provider that has createBackupRecord only', () => {
  let report: Report;
  beforeAll(async () => {
    report = await run();
  });

  it('passes most of the checks that concern the operation', () => {
    expect(report.results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
    expect(report.honoured).toBe(true);
    const passed = new Set(report.results.filter(({ outcome }) => outcome === 'passed').map(({ check }) => check));
    expect(passed.size).toBeGreaterThan(40);
    for (const check of ['record-new', 'record-echo', 'creates-in-parallel', 'lock-needed']) {
      expect(passed, check).toContain(check);
    }
  });

  it('gets no requests for missing operations, and the report says which checks need them', () => {
    const operations = new Set(report.results.map(({ operation }) => operation));
    expect(operations).toEqual(new Set([id, undefined]));
    const reasons = report.results.filter(({ outcome }) => outcome === 'not observed').map(({ reason }) => reason);
    expect(reasons).toContain('the check needs getBackupRecord, which is not among the tested operations');
    expect(report.coverage.operations).toMatchObject({ total: 1, never: [] });
    expect(report.warnings.join()).not.toMatch(/listBoundDevice|bindDevice/);
  });

  it.each([
    'moduleCode may be 103',
    'deviceId may be a number',
    'properties need not be JSON',
    'any token is good',
    'moduleCode 100 is refused',
    'version is a string',
    'X-Date may be of any age',
  ])('fails if %s', async (name) => {
    const fault = faultyProviders.find((one) => one.name === name);
    if (!fault) throw new Error(`there is no faulty provider ${name}`);
    const { honoured, results, findings } = await run(
      (world) => {
        const [outer, inner] = [fault.wrap(world), pageOnly(world)];
        return (request, forward) => outer(request, (mended) => inner(mended, forward) as Promise<Answered>);
      },
      { only: [fault.check] },
    );
    expect(honoured).toBe(false);
    const violated = results.filter(({ outcome }) => outcome === 'violated');
    expect(violated.map(({ check, operation }) => [check, operation])).toEqual([[fault.check, id]]);
    expect(findings).toHaveLength(1);
  });

  it('needs a lock, or the operation that creates one', async () => {
    const running = reference.run({ operations: [id], only: ['record-new'] }, pageOnly);
    await expect(running).rejects.toThrow(/^no check has seen anything to judge by: .*createBackupLock.* --lock-id$/);
  });
});

it('cannot run for an operation that the contract does not have', async () => {
  const running = runConformance({
    baseUrl: 'http://127.0.0.1:1',
    credentials: { userId: '7', token: 'x' },
    operations: ['createBackupRecords'],
  });
  await expect(running).rejects.toThrow(
    'the contract has no operation createBackupRecords (did you mean createBackupRecord?)',
  );
});

describe('a provider that refuses everything', () => {
  const refuseAll: Wrap = () => async () => answered(400, { code: 13000102, msg: 'no' });
  it.each([
    ['operations that need a record or a lock first', { operations: ['getBackupRecord', 'releaseBackupLock'] }],
    ['the vendor’s operation without a lock', { operations: [id] }],
    ['a check that needs a lock first', { only: ['lock-needed'] }],
    ['an operation that needs a device first', { operations: ['unbindDevice'] }],
  ])('passes no run: %s', async (_, options) => {
    const run = reference.run({ runs: 5, ...options }, refuseAll);
    await expect(run).rejects.toThrow(/^no check has seen anything to judge by: /);
  });
});
