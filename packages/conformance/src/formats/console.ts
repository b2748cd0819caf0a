import { styleText } from 'node:util';
import type { Share } from '../findings/coverage.ts';
import type { Report, Result, Violation } from '../findings/report.ts';

/** A report for a terminal or a log. */
export function consoleReport(report: Report, hasColour: boolean): string {
  const { results, coverage, notes, warnings, leftBehind } = report;
  const colour = (format: 'red' | 'green' | 'yellow' | 'bold', text: string): string =>
    hasColour ? styleText(format, text, { validateStream: false }) : text;
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const violated = results.filter(({ outcome }) => outcome === 'violated');
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

  const details = violated.map((result) => {
    const head = colour('bold', `${result.operation ?? 'no operation'}: ${result.check}`);
    const more = result.violated - result.violations.length;
    const told = result.violations.map((violation) => describe(violation, report.seed));
    return [`${head}  ${result.title}`, ...told, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
  });

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

function describe(violation: Violation, seed: number): string {
  const { expected, got, pointer, atFault, curl, fault, hint } = violation;
  return [
    `  expected ${expected}`,
    `  got      ${got}`,
    ...(fault ? [`  fault    ${fault}`] : []),
    `  contract ${pointer}`,
    `  at fault ${atFault}`,
    ...(hint ? [`  hint     ${hint}`] : []),
    `  seed     ${seed}`,
    ...(curl?.split('\n').map((line) => `  ${line}`) ?? []),
  ].join('\n');
}

function shareText([part, { exercised, total }]: [string, Share]): string {
  const words = part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${exercised} of ${total} ${words}`;
}
