import type { Report, Result, Violation } from '../findings/report.ts';
import { escapedXml } from './escaped-xml.ts';

/** Formats a report as JUnit XML, with a suite for each operation and a case for each check. */
export function junitReport(report: Report): string {
  const groups = Map.groupBy(report.results, ({ operation }) => operation ?? 'no operation');
  const suites = [...groups].map(([operation, results]) => {
    const counts = `tests="${results.length}" failures="${results.filter(isViolated).length}" skipped="${results.filter(isUnseen).length}"`;
    return `  <testsuite name="${escapedXml(operation)}" ${counts}>\n${results.map(testCase).join('')}  </testsuite>\n`;
  });
  const { results, durationMs } = report;
  const total = `tests="${results.length}" failures="${results.filter(isViolated).length}" skipped="${results.filter(isUnseen).length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escapedXml(`${report.contract.title} ${report.contract.version}`)}" ${total} time="${durationMs / 1000}">
${suites.join('')}</testsuites>
`;
}

function testCase(result: Result): string {
  const { check, operation = 'no operation', title, outcome, violations } = result;
  const reason = outcome === 'our reading' ? violations.map(describe).join('\n\n') : (result.reason ?? '');
  const open = `    <testcase classname="${escapedXml(operation)}" name="${escapedXml(`${check}: ${title}`)}"`;
  if (outcome === 'passed') return `${open}/>\n`;
  if (outcome !== 'violated') return `${open}><skipped message="${escapedXml(`${outcome}: ${reason}`)}"/></testcase>\n`;
  const [first] = result.violations;
  const text = result.violations.map(describe).join('\n\n');
  const message = first ? `expected ${first.expected}, got ${first.got}` : 'violated';
  const attributes = `message="${escapedXml(message)}" type="${escapedXml(check)}"`;
  return `${open}><failure ${attributes}>${escapedXml(text)}</failure></testcase>\n`;
}

function describe({ expected, got, atFault, hint, pointer, errata = [], steps = [], curl }: Violation): string {
  const told = [`expected ${expected}`, `got ${got}`, `contract ${pointer}`, `at fault ${atFault}`];
  const reading = errata.length > 0 ? [`our reading alone: ${errata.join(', ')}`] : [];
  return [...told, ...reading, ...(hint ? [hint] : []), ...steps, ...(curl ? [curl] : [])].join('\n');
}

const isViolated = ({ outcome }: Result): boolean => outcome === 'violated';

const isUnseen = ({ outcome }: Result): boolean => outcome !== 'passed' && outcome !== 'violated';
