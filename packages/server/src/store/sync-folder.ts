import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Syncs the names in a folder to disk. Otherwise a power cut can remove a file whose contents were synced. */
export function syncFolder(folder: string): void {
  // On Windows a folder cannot be opened, and the system syncs names by itself.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
