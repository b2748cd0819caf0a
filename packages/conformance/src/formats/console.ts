import { styleText } from 'node:util';
import type { Share } from '../findings/coverage.ts';
import type { Finding, Replayed, Report, Result, Violation } from '../findings/report.ts';

/** How much fits one screen: findings, lines of a section, characters of a text, characters of a curl line. */
const [maxFindings, maxLines, maxText, maxCurl] = [3, 6, 180, 480];

/** The width of a screen, without the indentation and label before a text. */
const width = 85;

type Colour = (format: 'red' | 'green' | 'yellow' | 'bold', text: string) => string;

/** Formats a report for a terminal or a log. It fits one screen, however many findings it has. */
export function consoleReport(report: Report, hasColour: boolean): string {
  const { contract, provider, level, results, coverage, notes, warnings, leftBehind } = report;
  const colour: Colour = (format, text) => (hasColour ? styleText(format, text, { validateStream: false }) : text);
  // If there are findings, each section has room for one line.
  const [most, length] = report.findings.length > 0 ? [1, width] : [maxLines, maxText];
  function section(title: string, lines: readonly string[], room = most): string[] {
    if (lines.length === 0) return [];
    const shown = lines.slice(0, room).map((line) => `  ${shortened(line, length)}`);
    const more = lines.length > room ? `, ${room} of ${lines.length}` : '';
    return [colour('yellow', `${title}${more}:`), ...shown];
  }

  return [
    `${contract.title} ${contract.version} against ${provider}, level ${level}`,
    '',
    ...findingTexts(report, colour),
    ...section('Sent again', (report.replayed ?? []).map(replayedLine), maxLines),
    ...section('Violated, and declared', byReason(results, 'declared')),
    ...section('Not given', missingLines(report)),
    ...section('Not observed', report.replayed ? [] : byReason(withoutMissing(report), 'not observed')),
    ...section('Noted', notes),
    ...section('Left behind', leftBehind),
    ...section('This run proves less than it could', warnings),
    `Exercised parts of the contract: ${Object.entries(coverage).map(shareText).join(', ')}`,
    `${countsOf(results)}; ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s, seed ${report.seed}`,
    verdict(report, colour),
  ].join('\n');
}

/** Returns the lines of the findings. The first is shown in full, with the command that sends its request again. */
function findingTexts({ findings }: Report, colour: Colour): string[] {
  const shown = findings.slice(0, maxFindings).flatMap((finding, i) => {
    const { check, operation = 'no operation', title, first } = finding;
    const head = `${colour('bold', `${operation}: ${check}`)}  ${title}`;
    const lines =
      i === 0
        ? describe(first, check)
        : [`  expected ${shortened(first.expected, width)}`, `  got      ${shortened(first.got, width)}`];
    return [head, ...lines, ...reachOf(finding), ''];
  });
  const hidden = findings.slice(maxFindings).map(({ check }) => check);
  if (hidden.length === 0) return shown;
  const names = shortened([...new Set(hidden)].join(', '), maxText);
  return [...shown, `and ${counted(hidden.length, 'more finding')}, by ${names}: --report html=FILE has them all`, ''];
}

function describe(violation: Violation, check: string): string[] {
  const { expected, got, pointer, errata = [], atFault, curl, fault, hint, sentFor = check, steps = [] } = violation;
  const decides = errata.length > 0 ? `${pointer} (our reading alone: ${errata.join(', ')})` : pointer;
  return [
    `  expected ${shortened(expected, maxText)}`,
    `  got      ${shortened(got, maxText)}`,
    ...(fault ? [`  fault    ${shortened(fault, width)}`] : []),
    ...(sentFor === check ? [] : [`  sent for ${sentFor}`]),
    ...(steps.length > 0 ? [`  after    ${shortened(steps.slice(0, -1).join(', '), maxText)}`] : []),
    `  contract ${decides}`,
    `  at fault ${atFault}`,
    ...(hint ? [`  hint     ${hint}`] : []),
    ...(curl !== undefined && curl.length <= maxCurl ? [`  ${curl}`] : []),
  ];
}

/** Returns how often a finding was seen, by which other checks, and whether it fails the run. */
function reachOf({ check, checks, operations, violated, fails, first: { errata = [] } }: Finding): string[] {
  const others = checks.filter((other) => other !== check);
  const by = others.length === 0 ? '' : `, also by ${shortened(others.join(', '), 50)}`;
  // A finding about no operation, such as a scenario, has none to count.
  const of = operations.length === 0 ? '' : ` in ${counted(operations.length, 'operation')}`;
  const seen = violated < 2 ? [] : [`  seen ${violated} times${of}${by}`];
  return fails
    ? seen
    : [...seen, `  no page of the vendor decides it, only ${errata.join(', ')}: --strict makes it fail`];
}

function replayedLine({ check, operation = 'no operation', outcome, reason }: Replayed): string {
  return `${outcome.padEnd(12)} ${operation}: ${check}${reason === undefined ? '' : `: ${reason}`}`;
}

const missingLines = ({ missing }: Report): string[] =>
  missing.map(
    ({ what, option, checks }) =>
      `${what} (${option}), so these checks saw nothing (${checks.length}): ${checks.join(', ')}`,
  );

/** Removes the results that the section `Not given` explains. */
const withoutMissing = ({ results, missing }: Report): Result[] =>
  results.filter(({ check }) => !missing.some(({ checks }) => checks.includes(check)));

/** Returns one line for each reason, with its checks. Names a check's operations if the reason concerns only some. */
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
    return `${reason}: ${checks.join(', ')}`;
  });
}

const shortened = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The outcomes in the summary. Some are always counted, the others only if there are any. */
const summarised: readonly [outcome: Result['outcome'], isAlways: boolean][] = [
  ['passed', true],
  ['violated', true],
  ['our reading', false],
  ['declared', false],
  ['not observed', true],
  ['skipped', true],
];

function countsOf(results: readonly Result[]): string {
  const counts = summarised.map(([outcome, isAlways]) => {
    const count = results.filter((result) => result.outcome === outcome).length;
    return count > 0 || isAlways ? `${count} ${outcome}` : '';
  });
  return counts.filter(Boolean).join(', ');
}

function verdict({ honoured, endedEarly, findings, replayed }: Report, colour: Colour): string {
  if (replayed) {
    const all = replayed.length;
    const count = (outcome: Replayed['outcome']): number => replayed.filter((one) => one.outcome === outcome).length;
    const [fixed, declared] = [count('fixed'), count('declared')];
    const rest = all - fixed - declared;
    if (rest > 0 || !honoured) return colour('red', `${rest} of ${all} failures are not fixed.`);
    if (declared > 0) return colour('yellow', `${fixed} of ${all} failures are fixed, ${declared} are declared.`);
    return colour('green', `All ${all} failures are fixed.`);
  }
  if (!honoured) return colour('red', 'The contract is violated.');
  if (endedEarly !== undefined) return colour('yellow', 'Nothing was violated until the run ended early.');
  if (findings.length > 0) return colour('green', 'The contract is honoured, but not our reading of it.');
  return colour('green', 'The contract is honoured.');
}

function shareText([part, { exercised, total }]: [string, Share]): string {
  const words = part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${exercised} of ${total} ${words}`;
}
