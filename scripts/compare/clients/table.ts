import type { CaseResult } from './run-cases.ts';
import type { Compared } from './tools.ts';

/** Returns a row of a Markdown table. */
export const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;

/** Returns the first two lines of the table, which name the tools. */
export const headOf = (tools: Compared[]): string[] => [
  row(['', ...tools.map(({ label }) => label)]),
  row(['---', ...tools.map(() => '---')]),
];

/**
 * Returns the rows of the table that show which behaviours each tool has.
 *
 * @param results The results of the cases, one array for each tool.
 */
export function behaviourRows(results: CaseResult[][]): string[] {
  const behaviours = new Set(results.flat().map(({ behaviour }) => behaviour));
  return [...behaviours].map((behaviour) =>
    row([behaviour, ...results.map((ofTool) => cell(ofTool.filter((result) => result.behaviour === behaviour)))]),
  );
}

function cell(results: CaseResult[]): string {
  const passed = results.filter(({ failure }) => failure === undefined).length;
  if (passed === results.length) return 'yes';
  return passed === 0 ? 'no' : `part, ${passed} of ${results.length}`;
}

/** Returns a table with a row for each case. */
export function caseTable(tools: Compared[], results: CaseResult[][]): string {
  const lines = results[0]?.map(({ behaviour, name }, index) =>
    row([`${behaviour}: ${name}`, ...results.map((ofTool) => (ofTool[index]?.failure === undefined ? 'yes' : 'no'))]),
  );
  return [...headOf(tools), ...(lines ?? [])].join('\n');
}
