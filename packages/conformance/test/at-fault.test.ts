import { startMock } from '@koodrive-backup/mock';
import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Objection, Observer, Suite } from '../src/check.ts';
import { acceptedChecks } from '../src/checks/accepted.ts';
import { caseTasks } from '../src/checks/cases.ts';
import type { Report, Violation } from '../src/findings/report.ts';
import { createClock } from '../src/http/clock.ts';
import { createSession } from '../src/http/session.ts';
import { createFixtures } from '../src/requests/fixtures.ts';
import { createScope } from '../src/requests/scope.ts';
import { faultyProviders } from './faulty-providers.ts';
import type { Wrapper } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const violationsOf = ({ results }: Report): Violation[] => results.flatMap(({ violations }) => violations);

const shortly = (violations: readonly Violation[]): unknown[] => [
  ...new Set(violations.map(({ atFault, hint }) => (hint === undefined ? atFault : `${atFault}: ${hint}`))),
];

describe('at fault is the provider', () => {
  it.each(['properties that are null are refused', 'recordId is a number', 'any token is good'])(
    'if %s',
    async (name) => {
      const { check = '', wrap } = faultyProviders.find((provider) => provider.name === name) ?? {};
      const report = await reference.run({ only: [check] }, wrap);
      expect(new Set(violationsOf(report).map(({ atFault }) => atFault))).toEqual(new Set(['provider']));
    },
  );
});

describe('at fault is the setup', () => {
  it('if the lock that the user gave does not exist', async () => {
    const report = await reference.run({ only: ['examples-accepted'], lockId: 'none@101' });
    const hint =
      /^setup: no request with the lock of --lock-id was accepted: check that it is live and belongs to user \d+$/;
    expect(shortly(violationsOf(report))).toEqual([expect.stringMatching(hint)]);
  });

  it('if a credential does not work, and the provider answers that with an ordinary refusal', async () => {
    const unspecific: Wrapper = async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 401
        ? { ...answer, status: 400, body: Buffer.from('{"code":13000102,"msg":"no"}') }
        : answer;
    };
    const credentials = { userId: '7', token: 'none' };
    const { honoured, results } = await reference.run({ only: ['examples-accepted'], credentials }, () => unspecific);
    expect(honoured).toBe(false);
    const hint = 'no request with the token of user 7 was accepted: check that it is right and belongs to that user';
    expect(shortly(results.flatMap(({ violations }) => violations))).toEqual([`setup: ${hint}`]);
  });

  it('if the token works but the app does not', async () => {
    const credentials = { userId: '', token: '', app: { appId: 'none', appSecret: 'none' } };
    const report = await reference.run({ only: ['signature-secret'], credentials }, ({ userId, token }) => {
      Object.assign(credentials, { userId, token });
      return (request, forward) => forward(request);
    });
    expect(shortly(violationsOf(report))).toEqual([
      expect.stringMatching(/^setup: no request with the app of user \d+ was/),
    ]);
  });

  it('but not if a request is rightly refused, in another form than --refusal names', async () => {
    const report = await reference.run({ only: ['missing-refused'], lockId: 'none@101', refusal: 'envelope' });
    const faulty = violationsOf(report).filter(({ fault }) => fault !== undefined);
    expect(shortly(faulty)).toEqual(['provider']);
  });

  it('but not for the body of a refusal', async () => {
    const wrap = faultyProviders.find(({ name }) => name === 'refusals without msg')?.wrap;
    const report = await reference.run({ only: ['refusal-schema'], lockId: 'none@101' }, wrap);
    expect(shortly(violationsOf(report))).toEqual(['provider']);
  });
});

describe('at fault is the contract', () => {
  let mock: Awaited<ReturnType<typeof startMock>>;
  beforeAll(async () => {
    mock = await startMock();
  });
  afterAll(() => mock.close());

  /** Returns the violations of createBackupRecord that a check sees by a contract with another example and schema. */
  async function violationsWith(id: string, example: object, schema: object = {}): Promise<Objection[]> {
    const changed = structuredClone(document);
    Object.assign(changed.components.examples.CreateBackupRecordRequest.value, example);
    Object.assign(changed.components.schemas.BackupRecordInput.properties, schema);
    const contract = readContract(changed);
    const { operations } = contract;
    contract.operations = operations.filter((operation) => operation.id === 'createBackupRecord');
    const main = { userId: '7', token: 'any' };
    const clock = createClock();
    const session = createSession({
      baseUrl: new URL(mock.url),
      identity: main,
      refusal: 'either',
      deadlineMs: 60_000,
      maxRequests: 1000,
      concurrency: 8,
      rate: Number.POSITIVE_INFINITY,
      clock,
      signal: undefined,
      observers: [],
    });
    onTestFinished(() => session.close());
    const fixtures = createFixtures({ ...contract, operations }, session, clock, main, 'x');
    const findings: Objection[] = [];
    const observer: Observer = {
      passed: () => {},
      notObserved: (_, reason) => expect.fail(reason),
      violated: (_, finding) => void findings.push(finding),
    };
    const suite: Suite = {
      contract,
      whole: { ...contract, operations },
      session,
      fixtures,
      clock,
      main,
      other: undefined,
      expiredToken: undefined,
      seed: 1,
      runs: 5,
      scope: createScope(contract.operations, 'full'),
      provenTwins: new Set(),
      wait: undefined,
      pause: async () => {},
    };
    const check = acceptedChecks.find((one) => one.id === id);
    for (const { work } of check ? caseTasks(check, suite, observer) : []) await work();
    return findings;
  }

  it('if one of its examples is invalid', async () => {
    const [finding] = await violationsWith('examples-accepted', { moduleCode: '999' });
    expect(finding).toMatchObject({
      atFault: 'contract',
      got: expect.stringMatching(/moduleCode must be equal to one/),
    });
    expect(finding).not.toHaveProperty('exchange');
  });

  it('if an example has no JSON in a string that must hold JSON', async () => {
    const [finding] = await violationsWith('examples-accepted', { properties: 'no JSON' });
    expect(finding).toMatchObject({ atFault: 'contract', got: 'body.properties must be a JSON document' });
  });

  it("but not if the suite generates an invalid request, which is the suite's own mistake", async () => {
    const schema = { properties: { type: 'string', format: 'uuid' } };
    await expect(violationsWith('generated-accepted', {}, schema)).rejects.toThrow(
      'the suite generated an invalid request: body.properties must match format "uuid"',
    );
  });

  it('but not if nothing is wrong with the contract', async () => {
    expect(await violationsWith('examples-accepted', {})).toEqual([]);
    expect(await violationsWith('generated-accepted', {})).toEqual([]);
  });
});
