const pending = new Set<() => unknown>();

function finish(): void {
  // In reverse order, so that a disk is released after the server that writes on it.
  for (const cleanUp of [...pending].reverse()) {
    pending.delete(cleanUp);
    cleanUp();
  }
}

process.on('exit', finish);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    finish();
    // Not process.exit, because a test runner may replace that function.
    process.kill(process.pid, signal);
  });
}

/**
 * Registers a clean-up that runs once: when the returned function is called, or else when this process ends, even by
 * Ctrl-C.
 *
 * @param cleanUp Must be synchronous, because a process that ends waits for nothing.
 * @returns A function that runs the clean-up now.
 */
export function atEnd(cleanUp: () => unknown): () => void {
  pending.add(cleanUp);
  return () => {
    if (pending.delete(cleanUp)) cleanUp();
  };
}
