import { stripVTControlCharacters } from 'node:util';
import { row } from '../clients/table.ts';
import { versionOf } from './peers.ts';
import type { Tool } from './tool.ts';

/** The result of trying a tool. */
export interface Outcome {
  tool: Tool;
  /** Why the tool does not work with a file, by file. Has no entry for a file that it works with. */
  failures: Map<string, string>;
}

/** Returns the first cells of a tool's row, which do not depend on the result. */
export const firstCells = ({ name, tried }: Tool): string[] => [`\`${name}\``, versionOf(name), tried];

/** Returns the table, and under it the reasons why a tool does not work with a file. */
export function toolTable(outcomes: Outcome[]): string {
  const head = ['Tool', 'Version', 'What it did', 'Result', 'Use'];
  const rows = outcomes.map(({ tool, failures }) => {
    const works = tool.files.filter((file) => !failures.has(file));
    return row([...firstCells(tool), resultOf(tool, works), namesOf(works.slice(0, 1))]);
  });
  const reasons = outcomes.flatMap(({ tool, failures }) =>
    [...new Set(failures.values())].map((reason) => {
      const files = [...failures].flatMap(([file, why]) => (why === reason ? [file] : []));
      return `- \`${tool.name}\`, with ${namesOf(files)}: \`${reason}\``;
    }),
  );
  return [row(head), row(head.map(() => '---')), ...rows, '', ...reasons].join('\n').trim();
}

function resultOf({ files }: Tool, works: string[]): string {
  if (works.length === files.length) return files.length === 1 ? 'works' : `works with all ${files.length}`;
  return works.length === 0 ? 'does not work' : `works with ${namesOf(works)} only`;
}

const namesOf = (files: string[]): string => files.map((file) => `\`${file}\``).join(', ') || 'none';

/** Returns the cause of an error in one line, without the folders of this machine. */
export function reasonOf(error: unknown): string {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
  const lines = text.split('\n').map((line) => line.replaceAll(/(file:\/\/)?\/[^\s'"]*\//g, '').trim());
  const telling = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => /error/i.test(line));
  return (telling ?? lines.find((line) => line !== '') ?? '').replaceAll('`', "'").slice(0, 160);
}
