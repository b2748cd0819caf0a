import type { Report } from '../findings/report.ts';

/** The violations and warnings as workflow commands of GitHub Actions, which show them beside the run. */
export function annotations({ results, warnings }: Report): string {
  const violations = results
    .filter(({ outcome }) => outcome === 'violated')
    .flatMap(({ check, operation, violations }) =>
      violations.map(({ expected, got, pointer }) => {
        const title = property(`${check}${operation ? ` of ${operation}` : ''}`);
        return `::error title=${title}::${message(`expected ${expected}, got ${got}. Contract: ${pointer}`)}`;
      }),
    );
  return [...violations, ...warnings.map((warning) => `::warning::${message(warning)}`)].join('\n');
}

const message = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
