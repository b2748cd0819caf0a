import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { CouldNotRun } from '../src/could-not-run.ts';
import type { Report } from '../src/findings/report.ts';
import type { Wrap } from './faults/parts.ts';
import { holdTimers, withoutWaiting } from './hold-timers.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

beforeEach(holdTimers);
afterEach(() => void vi.useRealTimers());

const deadlineMs = 10_000;
let requests: number;

/** Answers some requests, and then no more. */
function silentAfter(answers: number): Wrap {
  requests = 0;
  return withoutWaiting(deadlineMs, () => async (request, forward) => {
    requests += 1;
    return requests > answers ? 'hang' : forward(request);
  });
}

const outcomesOf = ({ results }: Report): Set<string> => new Set(results.map(({ outcome }) => outcome));

it('cannot run if the provider never answers, and reports that after one request', async () => {
  const run = reference.run({ deadlineMs }, silentAfter(0));
  await expect(run).rejects.toThrow(new CouldNotRun('the provider does not answer: no whole answer within 10000 ms'));
  expect(requests).toBe(1);
});

it('ends early if the provider stops answering, reports a violation, and observes no more', async () => {
  const report = await reference.run({ deadlineMs, level: 'contract' }, silentAfter(200));
  expect(report.honoured).toBe(false);
  // More than three, because several requests are under way when the first deadline passes.
  expect(report.requests).toBeLessThan(200 + 16);
  expect(report.warnings).toContain('the run ended early, because the provider has stopped answering');
  expect(report.results.filter(({ check }) => check === 'answered').map(({ outcome }) => outcome)).toContain(
    'violated',
  );
  expect(report.results.at(-1)).toMatchObject({ outcome: 'skipped' });
  const harmless = report.results.filter(({ check }) => check === 'harmless');
  expect(new Set(harmless.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
    new Set(['not observed: the provider has stopped answering: 3 requests in a row had no answer in time']),
  );
  expect(report.leftBehind.join()).toMatch(/device \d+ of user \d+/);
});

it('reports that by the check `answered`, even if only other checks were chosen', async () => {
  const report = await reference.run({ deadlineMs, only: ['record-new'] }, silentAfter(2));
  expect(report.honoured).toBe(false);
  expect(outcomesOf(report)).toEqual(new Set(['violated', 'not observed', 'skipped']));
  expect(report.results.find(({ outcome }) => outcome === 'violated')).toMatchObject({
    check: 'answered',
    violations: [{ expected: 'an answer', got: 'no whole answer within 10000 ms' }],
  });
});
