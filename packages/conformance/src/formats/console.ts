import { styleText } from 'node:util';
import type { Share } from '../findings/coverage.ts';
import type { Finding, Report, Result, Violation } from '../findings/report.ts';

/** How much of a report fits a screen: findings, lines of commands for each, and characters of a text. */
const [maxFindings, maxLines, maxText] = [3, 3, 300];

/** A report for a terminal or a log. */
export function consoleReport(report: Report, hasColour: boolean): string {
  const { findings, results, coverage, notes, warnings, leftBehind } = report;
  const colour = (format: 'red' | 'green' | 'yellow' | 'bold', text: string): string =>
    hasColour ? styleText(format, text, { validateStream: false }) : text;
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const groups = Map.groupBy(results, ({ operation }) => operation ?? 'no operation');

  const summaries = [...groups].map(([operation, group]) => {
    const of = (outcome: Result['outcome']): number => group.filter((result) => result.outcome === outcome).length;
    const bad = of('violated');
    const parts = [
      `${of('passed')} passed`,
      bad > 0 && colour('red', `${bad} violated`),
      of('declared') > 0 && colour('yellow', `${of('declared')} declared`),
      unseen(of('not observed')),
      skipped(of('skipped')),
    ];
    const mark = bad > 0 ? colour('red', 'x') : of('passed') > 0 ? colour('green', 'o') : '-';
    return `${mark} ${operation.padEnd(22)} ${parts.filter(Boolean).join(', ')}`;
  });

  const details = findings.slice(0, maxFindings).map((finding) => {
    const head = colour('bold', `${finding.operation ?? 'no operation'}: ${finding.check}`);
    return [`${head}  ${finding.title}`, ...describe(finding.first), ...reachOf(finding)].join('\n');
  });
  const hidden = findings.length - details.length;
  if (hidden > 0) details.push(`and ${hidden} more findings: --report html=FILE has them all`);

  const gaps = byReason(results, 'not observed');
  const known = byReason(results, 'declared');

  return [
    `${report.contract.title} ${report.contract.version} against ${report.provider}, level ${report.level}`,
    '',
    ...summaries,
    ...(details.length > 0 ? ['', ...details.flatMap((detail) => [detail, ''])] : []),
    ...(known.length > 0 ? ['', colour('yellow', 'Violated, and declared:'), ...known] : []),
    ...(gaps.length > 0 ? ['', colour('yellow', 'Not observed:'), ...gaps] : []),
    ...(notes.length > 0 ? ['', colour('yellow', 'Noted:'), ...notes.map((note) => `  ${note}`)] : []),
    ...(leftBehind.length > 0 ? ['', colour('yellow', 'Left behind:'), ...leftBehind.map((left) => `  ${left}`)] : []),
    ...(warnings.length > 0
      ? ['', colour('yellow', 'This run proves less than it could:'), ...warnings.map((warning) => `  ${warning}`)]
      : []),
    '',
    `Exercised of the contract: ${Object.entries(coverage).map(shareText).join(', ')}`,
    `${count('passed')} passed, ${count('violated')} violated, ${count('declared')} declared, ${count('not observed')} not observed, ${count('skipped')} skipped; ` +
      `${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s, seed ${report.seed}`,
    report.honoured ? colour('green', 'The contract is honoured.') : colour('red', 'The contract is violated.'),
  ].join('\n');
}

/** One line for each reason, with the checks that have it, and their operations where it is not all that they judge. */
function byReason(results: readonly Result[], outcome: Result['outcome']): string[] {
  const ofChecks = Map.groupBy(results, ({ check }) => check);
  const chosen = results.filter((result) => result.outcome === outcome);
  const reasons = Map.groupBy(chosen, ({ reason }) => reason ?? 'nothing was seen');
  return [...reasons].map(([reason, group]) => {
    const checks = [...Map.groupBy(group, ({ check }) => check)].map(([check, some]) => {
      const isAll = some.length === ofChecks.get(check)?.length;
      const operations = isAll ? [] : some.flatMap(({ operation }) => operation ?? []);
      return operations.length > 0 ? `${check} of ${operations.join(' and ')}` : check;
    });
    return `  ${reason}: ${checks.join(', ')}`;
  });
}

const unseen = (count: number): string | false => count > 0 && `${count} not observed`;

const skipped = (count: number): string | false => count > 0 && `${count} skipped`;

function describe({ expected, got, pointer, atFault, curl, fault, hint }: Violation): string[] {
  const lines = curl?.split('\n') ?? [];
  return [
    `  expected ${shortened(expected)}`,
    `  got      ${shortened(got)}`,
    ...(fault ? [`  fault    ${fault}`] : []),
    `  contract ${pointer}`,
    `  at fault ${atFault}`,
    ...(hint ? [`  hint     ${hint}`] : []),
    ...lines.slice(0, maxLines).map((line) => `  ${line}`),
    ...(lines.length > maxLines ? [`  and ${lines.length - maxLines} requests more: see --report html=FILE`] : []),
  ];
}

const shortened = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText)}…` : text);

/** How often something was seen besides, and by which checks. */
function reachOf({ check, checks, operations, violated }: Finding): string[] {
  if (violated < 2) return [];
  const others = checks.filter((other) => other !== check);
  const by = others.length === 0 ? '' : `, also by ${shortened(others.join(', '))}`;
  return [`  seen ${violated} times, of ${operations.length} operations${by}`];
}

function shareText([part, { exercised, total }]: [string, Share]): string {
  const words = part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${exercised} of ${total} ${words}`;
}
