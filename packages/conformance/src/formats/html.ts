import type { Share } from '../findings/coverage.ts';
import type { Finding, Replayed, Report, Result, Violation } from '../findings/report.ts';
import { escapedXml } from './escaped-xml.ts';

/** Formats a report for people, in one file that loads nothing: the verdict, the findings, then the results. */
export function htmlReport(report: Report): string {
  const {
    contract,
    provider,
    level,
    refusal,
    seed,
    startedAt,
    durationMs,
    requests,
    findings,
    results,
    replayed,
    missing,
    notes,
    warnings,
    leftBehind,
  } = report;
  const violated = results.filter(({ violations }) => violations.length > 0);
  const [failing, others] = [findings.filter(({ fails }) => fails), findings.filter(({ fails }) => !fails)];
  const groups = Map.groupBy(results, ({ operation }) => operation ?? 'no operation');
  const facts = {
    Contract: `${contract.title} ${contract.version}`,
    Provider: provider,
    Level: level,
    'Refusals by': refusal,
    Began: startedAt,
    Took: `${(durationMs / 1000).toFixed(1)} s, ${requests} requests`,
    Seed: `${seed}`,
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${report.honoured ? 'Honoured' : 'Violated'}: ${escapedXml(contract.title)}</title>
<style>${style}</style>
</head>
<body>
<h1 class="${report.honoured ? 'passed' : 'violated'}">The contract is ${report.honoured ? 'honoured' : 'violated'}</h1>
<p>${outcomes.map((outcome) => `${count(results, outcome)} ${outcome}`).join(', ')}.</p>
${replayed ? `<h2>Sent again</h2>\n${list(replayed.map(replayedText))}` : ''}
${failing.length === 0 ? '' : `<h2>Violated</h2>\n${failing.map(findingSection).join('\n')}`}
${others.length === 0 ? '' : `<h2>Against our reading</h2>\n<p>No page of the vendor decides this, only the errata. It does not fail the run.</p>\n${others.map(findingSection).join('\n')}`}
${warnings.length === 0 ? '' : `<section class="warning">\n<h2>This run proves less than it could</h2>\n${list(warnings)}\n</section>`}
${missing.length === 0 ? '' : `<h2>Not given</h2>\n${list(missing.map(({ what, option, checks }) => `${what} (${option}), so these checks saw nothing: ${checks.join(', ')}`))}`}
<dl>${Object.entries(facts)
    .map(([name, value]) => `<dt>${name}</dt><dd>${escapedXml(value)}</dd>`)
    .join('\n')}</dl>
<h2>By operation</h2>
${[...groups].map(([operation, group]) => operationDetails(operation, group)).join('\n')}
${violated.length === 0 ? '' : `<h2>All violations</h2>\n${violated.map(violatedResult).join('\n')}`}
<h2>Exercised parts of the contract</h2>
<table>
<tr><th scope="col">Part</th><th scope="col">Exercised</th><th scope="col">Never</th></tr>
${Object.entries(report.coverage).map(coverageRow).join('\n')}
</table>
${notes.length === 0 ? '' : `<h2>Noted</h2>\n${list(notes)}`}
${leftBehind.length === 0 ? '' : `<h2>Left behind</h2>\n${list(leftBehind)}`}
</body>
</html>
`;
}

const list = (texts: readonly string[]): string =>
  `<ul>${texts.map((text) => `<li>${escapedXml(text)}</li>`).join('\n')}</ul>`;

function replayedText({ check, operation = 'no operation', outcome, reason }: Replayed): string {
  return `${outcome}: ${check} of ${operation}${reason === undefined ? '' : `: ${reason}`}`;
}

const outcomes: readonly Result['outcome'][] = [
  'passed',
  'violated',
  'our reading',
  'declared',
  'not observed',
  'skipped',
];

const count = (results: readonly Result[], outcome: Result['outcome']): number =>
  results.filter((result) => result.outcome === outcome).length;

function findingSection({
  check,
  operation = 'no operation',
  title,
  first,
  checks,
  operations,
  violated,
}: Finding): string {
  const reach = `Seen ${violated} times, by ${checks.join(', ')}, of ${operations.join(', ') || 'no operation'}.`;
  return `<section>
<h3>${escapedXml(operation)}: ${escapedXml(check)}</h3>
<p>${escapedXml(title)}</p>
${violationList(first)}
${violated > 1 ? `<p>${escapedXml(reach)}</p>` : ''}
</section>`;
}

function violatedResult(result: Result): string {
  const { check, operation = 'no operation', title, violations, violated } = result;
  const more = violated - violations.length;
  return `<details>
<summary>${escapedXml(operation)}: ${escapedXml(check)}</summary>
<p>${escapedXml(title)}</p>
${violations.map(violationList).join('\n')}
${more > 0 ? `<p>And ${more} more.</p>` : ''}
</details>`;
}

function violationList({
  expected,
  got,
  fault,
  atFault,
  hint,
  pointer,
  errata,
  request,
  sentFor,
  steps = [],
  curl,
}: Violation): string {
  const facts = {
    Expected: expected,
    Got: got,
    Fault: fault,
    'At fault': atFault,
    Hint: hint,
    Contract: pointer,
    'Our reading': errata?.join(', '),
    Request: request === undefined ? undefined : `number ${request} of the run${sentFor ? `, for ${sentFor}` : ''}`,
  };
  const told = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  const items = told.map(([name, value]) => `<dt>${name}</dt><dd>${escapedXml(value)}</dd>`).join('\n');
  const list = steps.map((step) => `<li>${escapedXml(step)}</li>`).join('\n');
  const order = list === '' ? '' : `<ol>${list}</ol>`;
  return `<dl>${items}</dl>${order}${curl === undefined ? '' : `<pre tabindex="0">${escapedXml(curl)}</pre>`}`;
}

function operationDetails(operation: string, results: readonly Result[]): string {
  const sum = outcomes.filter((outcome) => count(results, outcome) > 0);
  const summary = sum.map((outcome) => `${count(results, outcome)} ${outcome}`).join(', ');
  return `<details>
<summary>${escapedXml(operation)}: ${summary}</summary>
<table>
<tr><th scope="col">Check</th><th scope="col">Outcome</th><th scope="col">Property</th></tr>
${results.map(resultRow).join('\n')}
</table>
</details>`;
}

function resultRow({ check, outcome, title, reason }: Result): string {
  const why = reason === undefined ? '' : `: ${escapedXml(reason)}`;
  return `<tr><td>${escapedXml(check)}</td><td class="${outcome.replace(' ', '-')}">${outcome}${why}</td><td>${escapedXml(title)}</td></tr>`;
}

function coverageRow([part, { exercised, total, never }]: [string, Share]): string {
  const name = part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `<tr><th scope="row">${name}</th><td>${exercised} of ${total}</td><td>${escapedXml(never.join(', '))}</td></tr>`;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --bad: light-dark(#b3261e, #ff8a80); --good: light-dark(#146c2e, #7ee2a8) }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1.passed, td.passed { color: var(--good) }
h1.violated, td.violated, h3 { color: var(--bad) }
.warning { border-inline-start: .25rem solid; padding-inline-start: 1rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem }
dd { margin: 0; overflow-wrap: anywhere }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: .25rem }
summary { cursor: pointer; padding: .25rem 0 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid; overflow-wrap: anywhere }
`;
