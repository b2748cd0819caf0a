import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report, Result, Violation } from '../src/findings/report.ts';
import { answered, is, listChanged, records, refused, type Wrap } from './faults/parts.ts';
import { faultyProviders } from './faulty-providers.ts';
import type { Answered } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

const only = ['any-order'];
const ofCheck = ({ results }: Report): Result[] => results.filter(({ check }) => check === 'any-order');
const violations = (report: Report): Violation[] => ofCheck(report).flatMap((result) => result.violations);

/** Returns the requests that show a violation. */
const steps = ({ steps: told = [] }: Violation): string[] =>
  told.map((step) => step.replace(/^(\w+) \S*\/backup\/(\w+).*$/, '$1 $2'));

/** The smallest number of requests that shows each fault. */
const fewest: Record<string, number> = {
  'a list forgets records that were completed': 4,
  'a deleted record comes back where it was asked to be completed': 5,
  'a completion without properties brings back those of the creation': 5,
  'deleting a record deletes the one that was created before it too': 5,
  'a completion is that of the newest record, whichever it names': 5,
  'the version stops at 3': 6,
  'deleting a record takes its endTime away': 5,
  'deleting a record moves its endTime': 6,
  'a released lock is good again once its module has a new one': 4,
  "renewing a lock ends the user's others": 4,
  "releasing a lock ends another user's of the same module": 4,
};

const wrapOf = (name: string): Wrap | undefined => faultyProviders.find((one) => one.name === name)?.wrap;

/** The suite finds and shrinks this one within a few sequences. Soak runs all. */
const quick = "renewing a lock ends the user's others";
const isSoak = process.env.MODE === 'soak';
const chosen = Object.entries(fewest).filter(([name]) => isSoak || name === quick);

it.each(chosen)('shows that %s in the fewest requests, %i', async (name, count) => {
  const found = violations(await reference.run({ only, seed: isSoak ? 1 : 3, runs: isSoak ? 25 : 5 }, wrapOf(name)));
  expect(Math.min(...found.map((violation) => steps(violation).length)), JSON.stringify(found)).toBe(count);
});

it('knows the fewest requests for each fault that no other check finds', () => {
  const names = faultyProviders.filter(({ check }) => check === 'any-order').map(({ name }) => name);
  expect(Object.keys(fewest)).toEqual(names);
});

it('lists the requests of a failing sequence in order, and generates the same sequences from a seed', async () => {
  const wrap = wrapOf('a list forgets records that were completed');
  const options = { only, seed: 3, runs: 5 };
  const [first, second] = [await reference.run(options, wrap), await reference.run(options, wrap)];
  const [violation] = violations(first);
  expect(violation && steps(violation)).toEqual(['POST lock', 'POST record', 'PATCH record', 'GET record']);
  expect(violation?.expected).toMatch(/^\{"recordIds":\["\d+"\]\}$/);
  expect(violation?.got).toBe('{"recordIds":[]}');
  expect(first.requests).toBe(second.requests);
  expect(violations(first).map(steps)).toEqual(violations(second).map(steps));
});

it('continues after a finding, so that one fault does not hide another', async () => {
  const forgets = listChanged((envelope) => ({ ...envelope, data: records(envelope).slice(1) }));
  const twice: Wrap = (world) => {
    const wrapped = forgets(world);
    return async (request, forward) => {
      const answer = await wrapped(request, forward);
      if (typeof answer === 'string' || answer.status !== 409 || !is(request, 'PATCH', '/lock')) return answer;
      return answered(200, { code: 0, msg: 'success' });
    };
  };
  const violated = ofCheck(await reference.run({ only, seed: 3, runs: 5 }, twice)).filter(
    ({ outcome }) => outcome === 'violated',
  );
  expect(violated.map(({ operation }) => operation)).toEqual(['renewalBackupLock', 'listBackupRecord']);
});

it('lets a provider choose when it removes a deleted record', async () => {
  const isRemoved = ({ body }: Answered): boolean => `${body}`.includes('"status":2');
  const removing: Wrap = () => async (request, forward) => {
    if (!/\/record\/\d+$/.test(request.target)) return forward(request);
    const before = await forward({ ...request, method: 'GET', body: Buffer.alloc(0) });
    return isRemoved(before) ? refused(400, 13000309) : forward(request);
  };
  const unlisting = listChanged((envelope) => ({
    ...envelope,
    data: records(envelope).filter(({ status }) => status !== 2),
  }));
  const report = await reference.run({ only: ['any-order', 'record-deleted'], seed: 1, runs: 5 }, (world) => {
    const [one, list] = [removing(world), unlisting(world)];
    return (request, forward) => (is(request, 'GET', '/record') ? list : one)(request, forward);
  });
  expect(report.results.flatMap((result) => result.violations)).toEqual([]);
  expect(ofCheck(report).every(({ outcome }) => outcome === 'passed')).toBe(true);
});

it('stops at the limit of requests, and reports that', async () => {
  const report = await reference.run({ only, seed: 1, maxRequests: 100 });
  expect(ofCheck(report).map(({ reason }) => reason)).toContain('the limit of 100 requests was reached');
  expect(violations(report)).toEqual([]);
});
