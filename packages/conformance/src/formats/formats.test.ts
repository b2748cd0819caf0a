import { describe, expect, it } from 'vitest';
import type { Finding, Report, Result, Violation } from '../findings/report.ts';
import { annotations } from './annotations.ts';
import { consoleReport } from './console.ts';
import { htmlReport } from './html.ts';
import { junitReport } from './junit.ts';

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

const never = { total: 2, exercised: 1, never: ['/paths/<b>'], outOfReach: [] };
const violation: Violation = {
  pointer: '/a',
  expected: 'no <script>',
  got: '"x" & \u0000',
  fault: 'none',
  atFault: 'setup',
  hint: 'give a live lock',
  request: 12,
  curl: "curl 'x'",
};
const finding: Finding = {
  check: 'bad',
  title: 'What bad is',
  operation: 'bindDevice',
  checks: ['bad', 'worse'],
  operations: ['bindDevice', 'unbindDevice'],
  violated: 7,
  first: violation,
};
const report: Report = {
  version: 2,
  honoured: false,
  contract: { title: 'KooDrive Backup API', version: '0.1.0' },
  provider: 'https://koodrive.example.com/',
  level: 'behaviour',
  refusal: 'either',
  seed: 42,
  startedAt: '2026-11-23T12:00:00.000Z',
  durationMs: 1234,
  requests: 56,
  findings: [finding],
  results: [
    result('fine', 'passed'),
    result('bad', 'violated', {
      violated: 5,
      violations: [violation],
    }),
    result('known', 'declared', { reason: 'TICKET-1', violated: 1 }),
    result('unseen', 'not observed', { reason: 'no second user' }),
  ],
  coverage: { operations: never, inputs: never, enumValues: never, bounds: never, responses: never, examples: never },
  warnings: ['no request was accepted of <bindDevice>'],
  notes: ['an <i>unknown</i> field'],
  leftBehind: ['record <7> of user 1'],
};

describe('a report as HTML', () => {
  const html = htmlReport(report);

  it('says first what came out, then what is violated and how often', () => {
    expect(html).toMatch(
      /<h1[^>]*>The contract is violated[\s\S]*bindDevice: bad[\s\S]*Seen 7 times, by bad, worse[\s\S]*By operation[\s\S]*And 4 more/,
    );
    for (const text of ['TICKET-1', 'no second user', '1 of 2', '56 requests']) expect(html).toContain(text);
  });

  it('says who has to act, what to do, and which request it was', () => {
    expect(html).toContain('<dt>At fault</dt><dd>setup</dd>');
    expect(html).toContain('<dt>Hint</dt><dd>give a live lock</dd>');
    expect(html).toContain('<dt>Request</dt><dd>number 12 of the run</dd>');
  });

  it('warns where the run proves little, before all details', () => {
    expect(html).toMatch(
      /<h1[\s\S]*proves less than it could[\s\S]*no request was accepted of &lt;bind[\s\S]*<h2>Violated/,
    );
    expect(htmlReport({ ...report, warnings: [] })).not.toContain('proves less');
  });

  it('shows what a provider answered as text, and loads nothing', () => {
    expect(html).not.toMatch(/<script|<i>|<b>|src=|href=/);
    expect(html).toContain('no &lt;script&gt;');
    expect(html).toContain("default-src 'none'");
  });

  it('is glad where there is nothing to tell', () => {
    const good = htmlReport({
      ...report,
      honoured: true,
      findings: [],
      results: [result('fine', 'passed')],
      notes: [],
    });
    expect(good).toContain('The contract is honoured');
    expect(good).not.toContain('<h2>Violated');
  });
});

describe('a report as JUnit', () => {
  it('counts what is declared as skipped, with the reason', () => {
    const junit = junitReport(report);
    expect(junit).toContain('tests="4" failures="1" skipped="2"');
    expect(junit).toContain('declared: TICKET-1');
  });

  it('tells the check, who has to act and what to do', () => {
    const junit = junitReport(report);
    expect(junit).toContain('type="bad"');
    expect(junit).toContain('contract /a&#10;at fault setup&#10;give a live lock');
  });
});

describe('a report for a terminal', () => {
  it('tells the check, who has to act and what to do', () => {
    const text = consoleReport(report, false);
    expect(text).toContain('bindDevice: bad');
    expect(text).toMatch(/^ {2}at fault setup\n {2}hint {5}give a live lock$/m);
  });

  it('fits a screen, however many findings and requests there are', () => {
    const curl = Array.from({ length: 30 }, (_, i) => `curl ${i}`).join('\n');
    const long = { ...violation, curl, expected: 'x'.repeat(10_000) };
    const text = consoleReport(
      { ...report, findings: Array.from({ length: 40 }, () => ({ ...finding, first: long })) },
      false,
    );
    expect(text).toContain('and 37 more findings: --report html=FILE has them all');
    expect(text).toContain('seen 7 times, of 2 operations, also by worse');
    expect(text.split('\n').length).toBeLessThan(70);
    expect(text.length).toBeLessThan(6_000);
  });

  it('warns where the run proves little', () => {
    expect(consoleReport(report, false)).toMatch(/^This run proves less than it could:\n {2}no request was accepted/m);
    expect(consoleReport({ ...report, warnings: [] }, false)).not.toContain('proves less');
  });

  it('tells once why checks saw nothing, with their operations where it is not all that they judge', () => {
    const unseen = (check: string, reason: string, ...operations: string[]): Result[] =>
      operations.map((operation) => result(check, 'not observed', { operation, reason }));
    const results = [
      ...unseen('secret', 'no app', 'bindDevice', 'unbindDevice'),
      ...unseen('order', 'no app', 'bindDevice', 'unbindDevice'),
      ...unseen('order', 'no lock', 'createBackupRecord', 'completeBackup'),
      result('alone', 'not observed', { operation: 'bindDevice', reason: 'no lock' }),
    ];
    const text = consoleReport({ ...report, results }, false);
    expect(text.slice(text.indexOf('Not observed:'), text.indexOf('\n\nNoted'))).toBe(
      [
        'Not observed:',
        '  no app: secret, order of bindDevice and unbindDevice',
        '  no lock: order of createBackupRecord and completeBackup, alone',
      ].join('\n'),
    );
  });

  it('tells what was left behind', () => {
    expect(consoleReport(report, false)).toMatch(/^Left behind:\n {2}record <7> of user 1$/m);
    expect(htmlReport(report)).toMatch(/<h2>Left behind<\/h2>\s*<ul><li>record &lt;7&gt; of user 1</);
    const none = { ...report, leftBehind: [] };
    expect(consoleReport(none, false) + htmlReport(none)).not.toContain('Left behind');
  });

  it('has colour where it is asked to', () => {
    expect(consoleReport(report, true)).toContain('\u001b[31mThe contract is violated.');
    expect(consoleReport(report, false)).not.toContain('\u001b');
  });
});

describe('the annotations of GitHub Actions', () => {
  it('are an error for each violation, and a warning where the run proves little', () => {
    expect(annotations(report).split('\n')).toEqual([
      expect.stringMatching(/^::error title=bad of bindDevice::expected no <script>, got /),
      '::warning::no request was accepted of <bindDevice>',
    ]);
  });
});
