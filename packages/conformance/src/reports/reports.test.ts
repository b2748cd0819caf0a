import { describe, expect, it } from 'vitest';
import type { Report, Result } from '../report.ts';
import { htmlReport } from './html.ts';
import { junitReport } from './junit.ts';
import { sarifReport } from './sarif.ts';

const result = (check: string, outcome: Result['outcome'], told: Partial<Result> = {}): Result => ({
  check,
  title: `What ${check} is`,
  level: 'contract',
  operation: 'bindDevice',
  outcome,
  observations: 1,
  violated: 0,
  violations: [],
  ...told,
});

const never = { total: 2, exercised: 1, never: ['/paths/<b>'] };
const report: Report = {
  honoured: false,
  contract: { title: 'KooDrive Backup API', version: '0.1.0' },
  provider: 'https://koodrive.example.com/',
  level: 'behaviour',
  refusal: 'either',
  seed: 42,
  startedAt: '2026-11-23T12:00:00.000Z',
  durationMs: 1234,
  requests: 56,
  wfcVersion: '0.7.0',
  results: [
    result('fine', 'passed'),
    result('bad', 'violated', {
      violated: 5,
      violations: [
        {
          pointer: '/a',
          expected: 'no <script>',
          got: '"x" & \u0000',
          fault: 'none',
          atFault: 'provider',
          curl: "curl 'x'",
        },
      ],
    }),
    result('known', 'declared', { reason: 'TICKET-1', violated: 1 }),
    result('unseen', 'not observed', { reason: 'no second user' }),
  ],
  coverage: { operations: never, inputs: never, enumValues: never, bounds: never, responses: never, examples: never },
  warnings: ['no request was accepted of <bindDevice>'],
  notes: ['an <i>unknown</i> field'],
};

describe('a report as HTML', () => {
  const html = htmlReport(report);

  it('says first what came out, then what is violated and how often', () => {
    expect(html).toMatch(/<h1[^>]*>The contract is violated[\s\S]*bindDevice: bad[\s\S]*And 4 more[\s\S]*By operation/);
    for (const text of ['TICKET-1', 'no second user', '1 of 2', '56 requests']) expect(html).toContain(text);
  });

  it('shows what a provider answered as text, and loads nothing', () => {
    expect(html).not.toMatch(/<script|<i>|<b>|src=|href=/);
    expect(html).toContain('no &lt;script&gt;');
    expect(html).toContain("default-src 'none'");
  });

  it('is glad where there is nothing to tell', () => {
    const good = htmlReport({ ...report, honoured: true, results: [result('fine', 'passed')], notes: [] });
    expect(good).toContain('The contract is honoured');
    expect(good).not.toContain('<h2>Violated');
  });
});

describe('a report as SARIF', () => {
  it('has a rule for each check, and a result for each violation', () => {
    const { version, runs } = JSON.parse(sarifReport(report));
    expect(version).toBe('2.1.0');
    expect(runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['fine', 'bad', 'known', 'unseen']);
    expect(runs[0].results).toMatchObject([
      { ruleId: 'bad', level: 'error', locations: [{ logicalLocations: [{ fullyQualifiedName: 'bindDevice' }] }] },
    ]);
    expect(runs[0].results[0].message.text).toContain("curl 'x'");
  });
});

describe('a report as JUnit', () => {
  it('counts what is declared as skipped, with the reason', () => {
    const junit = junitReport(report);
    expect(junit).toContain('tests="4" failures="1" skipped="2"');
    expect(junit).toContain('declared: TICKET-1');
  });
});
