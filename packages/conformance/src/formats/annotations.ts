import type { Report } from '../findings/report.ts';

/**
 * Formats findings and warnings as workflow commands of GitHub Actions, which shows them beside the run. A finding that
 * does not fail the run becomes a notice.
 */
export function annotations({ findings, warnings }: Report): string {
  const errors = findings.map(({ check, operation, fails, first: { expected, got, pointer } }) => {
    const title = property(`${check}${operation ? ` of ${operation}` : ''}`);
    return `::${fails ? 'error' : 'notice'} title=${title}::${message(`expected ${expected}, got ${got}. Contract: ${pointer}`)}`;
  });
  return [...errors, ...warnings.map((warning) => `::warning::${message(warning)}`)].join('\n');
}

const message = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
