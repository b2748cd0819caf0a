import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';

/** A fenced block of a README. */
export interface Sample {
  file: string;
  line: number;
  language: string;
  code: string;
  /** The output that the README promises. Absent if it promises none. */
  output?: string;
}

/**
 * Reads the fenced blocks of a README.
 *
 * @param file Path of the README, relative to the root of the repository.
 */
export function samplesOf(file: string): Sample[] {
  const text = readFileSync(join(rootDir, file), 'utf8');
  const blocks = text.matchAll(/^```(\w+)\n([\s\S]*?)^```$(?:\n\nIt prints `(.*)`)?/gm);
  return [...blocks].map(({ 1: language = '', 2: code = '', 3: output, index }) => ({
    file,
    line: text.slice(0, index).split('\n').length,
    language,
    code,
    ...(output !== undefined && { output }),
  }));
}
