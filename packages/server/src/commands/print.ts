import { fstatSync, fsyncSync, type Stats, statSync, writeFileSync } from 'node:fs';

const stdout = 1;

/**
 * Prints what can be printed once only, and returns when it is out: on disk, if stdout is a file.
 *
 * @throws Error if nobody would see it.
 */
export function printSecret(text: string): void {
  try {
    const stats = fstatSync(stdout);
    if (isNull(stats)) throw new Error('it is closed, or goes to /dev/null');
    // Not console.log: it reports no error, and leaves the rest of a line away that a full disk took a part of.
    writeFileSync(stdout, text);
    if (stats.isFile()) fsyncSync(stdout);
  } catch (cause) {
    throw new Error(`nothing was issued, because stdout cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Node opens /dev/null in the place of a stdout that is closed. */
const isNull = (stats: Stats): boolean =>
  process.platform !== 'win32' && stats.isCharacterDevice() && stats.rdev === statSync('/dev/null').rdev;

/**
 * Prints text.
 *
 * @throws Error if it cannot be written.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without a listener an error, such as that of a pipe nobody reads, would end the process with a stack.
    process.stdout.once('error', reject);
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Lines of text in columns as wide as they have to be, under their names. */
export function inColumns(rows: readonly Record<string, string>[], names: readonly string[]): string {
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))].map(line).join('\n');
}
