const pending = new Set<() => unknown>();

function finish(): void {
  // The last one first: a disk is let go of after the server that writes on it.
  for (const cleanUp of [...pending].reverse()) {
    pending.delete(cleanUp);
    cleanUp();
  }
}

process.on('exit', finish);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    finish();
    // Not process.exit: a test runner may hold on to that.
    process.kill(process.pid, signal);
  });
}

/**
 * Has something cleaned up when it is no longer needed, and at the latest when this process ends, by Ctrl-C too.
 *
 * @param cleanUp Does it at once: a process that ends waits for nothing.
 * @returns What to call when it is no longer needed.
 */
export function atEnd(cleanUp: () => unknown): () => void {
  pending.add(cleanUp);
  return () => {
    if (pending.delete(cleanUp)) cleanUp();
  };
}
