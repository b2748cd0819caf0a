import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import schema from '../../report.schema.json' with { type: 'json' };
import { screenLines } from '../../test/screen-lines.ts';
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
  fails: true,
  checks: ['bad', 'worse'],
  operations: ['bindDevice', 'unbindDevice'],
  violated: 7,
  first: violation,
};
const byReading: Finding = {
  ...finding,
  fails: false,
  first: { ...violation, pointer: 'errata.md#e12', errata: ['E12'] },
};
const report: Report = {
  version: 2,
  honoured: false,
  contract: { title: 'KooDrive Backup API', version: '0.1.0' },
  provider: 'https://koodrive.example.com/',
  level: 'behaviour',
  refusal: 'either',
  profile: 'full',
  strict: false,
  seed: 42,
  runs: 25,
  slow: false,
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
  missing: [{ what: 'an app', option: '--app-id and --app-secret', checks: ['unsigned'] }],
  warnings: ['the provider accepted no request to <bindDevice>'],
  notes: ['an <i>unknown</i> field'],
  leftBehind: ['record <7> of user 1'],
};

describe('a report as JSON', () => {
  it('is valid by its schema, whatever it contains', () => {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
    const whole: Report = {
      ...report,
      endedEarly: 'the run was interrupted',
      findings: [finding, byReading],
      results: [
        ...report.results,
        result('read', 'our reading', { violations: [{ ...violation, errata: ['E12'], sentFor: 'x' }] }),
      ],
      replayed: [{ check: 'bad', operation: 'bindDevice', outcome: 'not observed', reason: 'no app' }],
    };
    expect(validate(whole), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...whole, more: 1 })).toBe(false);
  });
});

describe('a report as HTML', () => {
  const html = htmlReport(report);

  it('shows the verdict first, then the violations and how often they were seen', () => {
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

  it('warns if the run proves little, after the findings and before all details', () => {
    expect(html).toMatch(
      /<h1[\s\S]*<h2>Violated[\s\S]*proves less than it could[\s\S]*accepted no request to &lt;bind[\s\S]*<h2>By operation/,
    );
    expect(htmlReport({ ...report, warnings: [] })).not.toContain('proves less');
  });

  it('separates findings that do not fail the run, with the errata that decide them', () => {
    const reading = htmlReport({ ...report, honoured: true, findings: [byReading], results: [] });
    expect(reading).toMatch(/<h2>Against our reading<\/h2>[\s\S]*<dt>Our reading<\/dt><dd>E12<\/dd>/);
    expect(reading).not.toContain('<h2>Violated');
  });

  it("shows a provider's answer as text, and loads nothing", () => {
    expect(html).not.toMatch(/<script|<i>|<b>|src=|href=/);
    expect(html).toContain('no &lt;script&gt;');
    expect(html).toContain("default-src 'none'");
  });

  it('says that the contract is honoured if nothing is violated', () => {
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
  it('counts a declared violation as skipped, with the reason', () => {
    const junit = junitReport(report);
    expect(junit).toContain('tests="4" failures="1" skipped="2"');
    expect(junit).toContain('declared: TICKET-1');
  });

  it('counts a violation of our reading as skipped, because it does not fail the run', () => {
    const junit = junitReport({
      ...report,
      results: [result('read', 'our reading', { violations: [byReading.first] })],
    });
    expect(junit).toContain('failures="0" skipped="1"');
    expect(junit).toContain('our reading alone: E12');
  });

  it('names the check, who has to act and what to do', () => {
    const junit = junitReport(report);
    expect(junit).toContain('type="bad"');
    expect(junit).toContain('contract /a&#10;at fault setup&#10;give a live lock');
  });
});

describe('a report for a terminal', () => {
  it.each([
    [[], 'seen 2 times'],
    [['bindDevice'], 'seen 2 times in 1 operation'],
    [['bindDevice', 'unbindDevice'], 'seen 2 times in 2 operations'],
  ])('counts the operations of a finding: %j', (operations, expected) => {
    const found = { ...finding, violated: 2, operations, checks: [finding.check] };
    expect(consoleReport({ ...report, findings: [found] }, false).split('\n')).toContain(`  ${expected}`);
  });

  it('names the check, who has to act and what to do', () => {
    const text = consoleReport(report, false);
    expect(text).toContain('bindDevice: bad');
    expect(text).toMatch(/^ {2}at fault setup\n {2}hint {5}give a live lock$/m);
  });

  it('fits a screen, however many findings, notes and remains there are', () => {
    const many = (text: string): string[] => Array.from({ length: 40 }, (_, i) => `${text.repeat(500)} ${i}`);
    const long = {
      ...violation,
      curl: `curl ${'z'.repeat(10_000)}`,
      expected: 'x'.repeat(10_000),
      fault: 'y'.repeat(500),
    };
    const text = consoleReport(
      {
        ...report,
        findings: Array.from({ length: 40 }, () => ({ ...finding, first: long, checks: many('check') })),
        results: many('r').map((reason) => result('unseen', 'not observed', { reason })),
        notes: many('note'),
        leftBehind: many('left'),
        warnings: many('warning'),
      },
      false,
    );
    expect(text).toContain(`and 37 more findings, by ${finding.check}: --report html=FILE has them all`);
    expect(screenLines(text)).toBeLessThanOrEqual(40);
  });

  it('names the errata that alone decide a finding, and the option that would make it fail', () => {
    const text = consoleReport({ ...report, honoured: true, findings: [byReading] }, false);
    expect(text).toMatch(/^ {2}contract errata\.md#e12 \(our reading alone: E12\)$/m);
    expect(text).toContain('no page of the vendor decides it, only E12: --strict makes it fail');
    expect(text).toMatch(/The contract is honoured, but not our reading of it\.$/);
  });

  it('says what was not given, and which checks saw nothing for that reason', () => {
    expect(consoleReport(report, false)).toMatch(
      /^Not given:\n {2}an app \(--app-id and --app-secret\), so these checks saw nothing \(1\): unsigned$/m,
    );
  });

  it('shows the outcome of each failure that was sent again', () => {
    const text = consoleReport(
      {
        ...report,
        replayed: [
          { check: 'bad', operation: 'bindDevice', outcome: 'fixed' },
          { check: 'worse', outcome: 'not observed', reason: 'no app' },
        ],
      },
      false,
    );
    expect(text).toMatch(/^ {2}fixed {8}bindDevice: bad\n {2}not observed no operation: worse: no app$/m);
    expect(text).toMatch(/1 of 2 failures are not fixed\.$/);
  });

  it('counts a failure that is declared apart from those that are fixed', () => {
    const replayed = [
      { check: 'bad', outcome: 'fixed' },
      { check: 'worse', outcome: 'declared' },
    ] as const;
    const text = consoleReport({ ...report, honoured: true, replayed: [...replayed] }, false);
    expect(text).toMatch(/1 of 2 failures are fixed, 1 are declared\.$/);
  });

  it('warns if the run proves little', () => {
    expect(consoleReport(report, false)).toMatch(
      /^This run proves less than it could:\n {2}the provider accepted no request/m,
    );
    expect(consoleReport({ ...report, warnings: [] }, false)).not.toContain('proves less');
  });

  it('names each reason why checks saw nothing once, with the operations if it concerns only some', () => {
    const unseen = (check: string, reason: string, ...operations: string[]): Result[] =>
      operations.map((operation) => result(check, 'not observed', { operation, reason }));
    const results = [
      ...unseen('secret', 'no app', 'bindDevice', 'unbindDevice'),
      ...unseen('order', 'no app', 'bindDevice', 'unbindDevice'),
      ...unseen('order', 'no lock', 'createBackupRecord', 'completeBackup'),
      result('alone', 'not observed', { operation: 'bindDevice', reason: 'no lock' }),
    ];
    const text = consoleReport({ ...report, findings: [], results }, false);
    expect(text.slice(text.indexOf('Not observed:'), text.indexOf('\nNoted'))).toBe(
      [
        'Not observed:',
        '  no app: secret, order of bindDevice and unbindDevice',
        '  no lock: order of createBackupRecord and completeBackup, alone',
      ].join('\n'),
    );
  });

  it('shows what was left behind', () => {
    expect(consoleReport(report, false)).toMatch(/^Left behind:\n {2}record <7> of user 1$/m);
    expect(htmlReport(report)).toMatch(/<h2>Left behind<\/h2>\s*<ul><li>record &lt;7&gt; of user 1</);
    const none = { ...report, leftBehind: [] };
    expect(consoleReport(none, false) + htmlReport(none)).not.toContain('Left behind');
  });

  it('has colour on request', () => {
    expect(consoleReport(report, true)).toContain('\u001b[31mThe contract is violated.');
    expect(consoleReport(report, false)).not.toContain('\u001b');
  });
});

describe('the annotations of GitHub Actions', () => {
  it('are an error for each finding, and a warning if the run proves little', () => {
    expect(annotations({ ...report, findings: [finding, byReading] }).split('\n')).toEqual([
      expect.stringMatching(/^::error title=bad of bindDevice::expected no <script>, got /),
      expect.stringMatching(/^::notice title=bad of bindDevice::/),
      '::warning::the provider accepted no request to <bindDevice>',
    ]);
  });
});
