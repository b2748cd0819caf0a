import { fstatSync, fsyncSync, type Stats, statSync, writeFileSync } from 'node:fs';

const stdout = 1;

/**
 * Prints a secret, which can be printed only once. Returns when the text is written: synced to disk, if stdout is a
 * file.
 *
 * @throws Error if nobody would see it, because stdout is closed, is `/dev/null` or cannot be written.
 */
export function printSecret(text: string): void {
  try {
    const stats = fstatSync(stdout);
    if (isNull(stats)) throw new Error('it is closed, or goes to /dev/null');
    // Not console.log: it reports no error, and drops the rest of a line if a full disk has room for only a part of it.
    writeFileSync(stdout, text);
    if (stats.isFile()) fsyncSync(stdout);
  } catch (cause) {
    throw new Error(`nothing was issued, because stdout cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Whether a file is /dev/null. Node opens it in place of a stdout that is closed. */
const isNull = (stats: Stats): boolean =>
  process.platform !== 'win32' && stats.isCharacterDevice() && stats.rdev === statSync('/dev/null').rdev;

/**
 * Prints text.
 *
 * @throws Error if it cannot be written.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without a listener an error, such as that of a pipe that nobody reads, would end the process with a stack trace.
    process.stdout.once('error', reject);
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Formats rows as columns of text, under the names of the columns. */
export function inColumns(rows: readonly Record<string, string>[], names: readonly string[]): string {
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))].map(line).join('\n');
}
