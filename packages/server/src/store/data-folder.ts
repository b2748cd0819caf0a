import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const reasons: Record<string, string> = {
  EACCES: 'this user may not read and write there',
  EPERM: 'this user may not read and write there',
  EROFS: 'it is on a disk that cannot be written to',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its path is a loop of symbolic links',
};

/**
 * Creates a data folder for its owner only, if it does not exist.
 *
 * @throws Error with one line that says why, if the folder cannot be created, read or written.
 */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new Error(`cannot keep data in ${folder}: ${reasons[code] ?? notFolder(folder) ?? message}`, { cause });
  }
}

/** Names the first part of a path that is not a folder. */
function notFolder(path: string): string | undefined {
  const above = dirname(path);
  const found = above === path ? undefined : notFolder(above);
  if (found !== undefined) return found;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && !stats.isDirectory() ? `${path} is not a folder` : undefined;
}
