import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Puts the names in a folder on disk: without, a power cut can take away a file that was synced itself. */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder, and keeps its names without being asked.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
