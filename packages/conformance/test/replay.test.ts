import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { runCommandLine } from './command-line.ts';
import { type FaultyProvider, faultyProviders, type World } from './faulty-providers.ts';
import { startWrapped, type Wrapper } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const isSoak = process.env.MODE === 'soak';

/** One faulty provider for each way in which a failure shows. */
const shown = [
  'createTime has no milliseconds',
  'properties with emoji are refused',
  'a signature does not cover body',
  'a list forgets records that were completed',
  "another user's record can be read",
  'a large body makes it fail',
];

/** The first faulty provider of each check, except those that never answer, because waiting for them is slow. */
const ofEachCheck = faultyProviders
  .filter((one) => faultyProviders.find(({ check }) => check === one.check) === one && one.check !== 'answered')
  .map(({ name }) => name);

function faulty(name: string): FaultyProvider {
  const found = faultyProviders.find((one) => one.name === name);
  if (!found) throw new Error(`there is no faulty provider ${name}`);
  return found;
}

const outcomes = ({ replayed = [] }: Report): Set<string> => new Set(replayed.map(({ outcome }) => outcome));

describe('a replay', () => {
  it.each(isSoak ? ofEachCheck : shown)('sees a failure again, and sees that it is fixed: %s', async (name) => {
    const { wrap, check } = faulty(name);
    const first = await reference.run({ only: [check, 'harmless'], seed: 3, runs: 5 }, wrap);
    // The report as it is read back from a file.
    const report: Report = JSON.parse(JSON.stringify(first));
    const again = await reference.run({ replay: report }, wrap);
    expect(outcomes(again)).toEqual(new Set(['still fails']));
    const mended = await reference.run({ replay: report });
    expect(outcomes(mended)).toEqual(new Set(['fixed']));
    expect(mended.honoured).toBe(true);
    expect(mended.requests).toBeLessThan(first.requests);
    const failures = first.results.filter(({ outcome }) => outcome === 'violated');
    expect(mended.replayed?.map((one) => [one.check, one.operation])).toEqual(
      failures.map((one) => [one.check, one.operation]),
    );
  });

  it('counts a failure as declared only if it is declared again', async () => {
    const { wrap, check } = faulty('createTime has no milliseconds');
    const deviations = [{ check, reason: 'TICKET-1', expires: '2999-12-31' }];
    const report = await reference.run({ only: [check], deviations }, wrap);
    expect(report.honoured).toBe(true);
    expect(outcomes(await reference.run({ replay: report }, wrap))).toEqual(new Set(['still fails']));
    expect(outcomes(await reference.run({ replay: report, deviations }, wrap))).toEqual(new Set(['declared']));
  });
});

describe('the command', () => {
  let folder: string;
  let file: string;
  let url: string;
  let wrapper: Wrapper;
  let close: () => void;
  let secrets: Record<string, string>;
  let args: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
    file = join(folder, 'report.json');
    const { world, server } = await reference.world();
    wrapper = faulty('a signature does not cover body').wrap(world);
    const provider = await startWrapped(server, (request, forward) => wrapper(request, forward));
    [url, close] = [provider.url, provider.close];
    secrets = secretsOf(world);
    args = [url, '--user-id', world.userId];
    const wanted = ['--level', 'behaviour', '--only', 'signature-body', '--runs', '2', '--seed', '7'];
    const first = await runCommandLine([...args, ...wanted, '--report', `json=${file}`], secrets);
    expect(first.status).toBe(1);
  });
  afterAll(async () => {
    close();
    await rm(folder, { recursive: true });
  });

  it('ends with 1 while a failure remains, and needs only the URL and the credentials', async () => {
    const { status, out } = await runCommandLine([...args, '--replay', file], secrets);
    expect(out).toMatch(/^ {2}still fails {2}\w+: signature-body$/m);
    expect(out).toMatch(/, seed 7\n\d+ of \d+ failures are not fixed\.$/m);
    expect(status).toBe(1);
  });

  it('ends with 2 if a failure was not observed', async () => {
    const { KOODRIVE_APP_ID: _, KOODRIVE_APP_SECRET: __, ...rest } = secrets;
    const { status, out } = await runCommandLine([...args, '--replay', file], rest);
    expect(out).toMatch(/^ {2}not observed \w+: signature-body: there is no app$/m);
    expect(status).toBe(2);
  });

  it('ends with 0 once all are fixed', async () => {
    const before = wrapper;
    wrapper = (request, forward) => forward(request);
    const { status, out } = await runCommandLine([...args, '--replay', file], secrets);
    wrapper = before;
    expect(out).toMatch(/^All \d+ failures are fixed\.$/m);
    expect(status).toBe(0);
  });

  it('has no secret in the report that it sends again', async () => {
    const text = await readFile(file, 'utf8');
    for (const secret of [secrets.KOODRIVE_TOKEN, secrets.KOODRIVE_APP_SECRET]) expect(text).not.toContain(secret);
  });

  it.each([
    ['no JSON', '{', /cannot use .*: it is not JSON/],
    ['another document', '{}', /cannot use .*: it is not a JSON report of koodrive-conformance, version 2/],
    ['a part of a report', '{"version":2,"results":[]}', /lacks what a replay needs/],
  ])('refuses %s', async (_what, text, message) => {
    const other = join(folder, 'other.json');
    await writeFile(other, text);
    const { status, err } = await runCommandLine([...args, '--replay', other], secrets);
    expect([status, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it.each([
    ['nothing has failed', { results: [] }, 'nothing has failed in the report'],
    [
      'it names a check that does not exist',
      { results: [{ check: 'none', outcome: 'violated', violations: [] }] },
      'the report names the check none, which does not exist',
    ],
  ])('refuses a report if %s', async (_what, change, message) => {
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }));
    const { status, err } = await runCommandLine([...args, '--replay', other], secrets);
    expect([status, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('refuses options that the report decides', async () => {
    const { status, err } = await runCommandLine([...args, '--replay', file, '--seed', '8'], secrets);
    expect([status, err]).toEqual([
      2,
      'koodrive-conformance: --replay reads --seed from the report: leave --seed out\n',
    ]);
  });
});

const secretsOf = ({ token, app }: World): Record<string, string> => ({
  KOODRIVE_TOKEN: token,
  KOODRIVE_APP_ID: app.appId,
  KOODRIVE_APP_SECRET: app.appSecret,
});
