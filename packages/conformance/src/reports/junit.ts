import type { Report, Result } from '../report.ts';

/** A report in the form of JUnit: a suite for each operation, a case for each check. */
export function junitReport(report: Report): string {
  const groups = Map.groupBy(report.results, ({ operation }) => operation ?? 'no operation');
  const suites = [...groups].map(([operation, results]) => {
    const counts = `tests="${results.length}" failures="${results.filter(isViolated).length}" skipped="${results.filter(isUnseen).length}"`;
    return `  <testsuite name="${escaped(operation)}" ${counts}>\n${results.map(testCase).join('')}  </testsuite>\n`;
  });
  const { results, durationMs } = report;
  const total = `tests="${results.length}" failures="${results.filter(isViolated).length}" skipped="${results.filter(isUnseen).length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escaped(`${report.contract.title} ${report.contract.version}`)}" ${total} time="${durationMs / 1000}">
${suites.join('')}</testsuites>
`;
}

function testCase(result: Result): string {
  const { check, operation = 'no operation', title, reason = '', outcome } = result;
  const open = `    <testcase classname="${escaped(operation)}" name="${escaped(`${check}: ${title}`)}"`;
  if (outcome === 'passed') return `${open}/>\n`;
  if (outcome !== 'violated') return `${open}><skipped message="${escaped(`${outcome}: ${reason}`)}"/></testcase>\n`;
  const [first] = result.violations;
  const text = result.violations
    .map(({ expected, got, pointer, curl = '' }) => `expected ${expected}\ngot ${got}\ncontract ${pointer}\n${curl}`)
    .join('\n\n');
  const message = first ? `expected ${first.expected}, got ${first.got}` : 'violated';
  return `${open}><failure message="${escaped(message)}">${escaped(text)}</failure></testcase>\n`;
}

const isViolated = ({ outcome }: Result): boolean => outcome === 'violated';

const isUnseen = ({ outcome }: Result): boolean => outcome === 'not observed' || outcome === 'skipped';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' };

/** Text for XML 1.0, without the control characters and half pairs that it cannot hold (section 2.2). */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const sound = text.toWellFormed().replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
  return sound.replace(/[&<>"\n]/g, (char) => entities[char] ?? char);
}
