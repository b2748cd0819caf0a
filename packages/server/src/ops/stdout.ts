import sonicBoom from 'sonic-boom';

/** The destination of a log. */
export interface LogOutput {
  /** Writes a line, which ends with a newline. */
  write(line: string): void;
}

/** The log on stdout. */
export interface StdoutLog extends LogOutput {
  /**
   * Writes the lines that are still in memory.
   *
   * @returns `false` if that takes longer than half a second. `process.exit` would then wait for it without end.
   */
  end(): Promise<boolean>;
}

/** How long writing the last lines may take, in milliseconds. */
const endMs = 500;

/**
 * Opens the log on stdout. Lines are written in blocks, a second later at most. If they cannot be written, because the
 * disk is full or nobody reads them, up to 1 MB of them is kept and the others are dropped: a server answers without a
 * log, too.
 */
export function openStdout(): StdoutLog {
  // Not pino's own destination, which writes the rest when the process ends, and on a full disk would never finish.
  const output = new sonicBoom.SonicBoom({
    fd: 1,
    sync: false,
    minLength: 4096,
    maxLength: 1_048_576,
    periodicFlush: 1000,
  });
  let hasFailed = false;
  output.on('error', (error) => {
    if (!hasFailed) console.error(`koodrive-server: the log cannot be written: ${error.message}`);
    hasFailed = true;
  });

  return {
    write: (line) => void output.write(line),
    end: () =>
      new Promise((resolve) => {
        setTimeout(resolve, endMs, false);
        // Resolves to `true` even if writing fails, because then nothing hangs.
        output.flush(() => resolve(true));
      }),
  };
}
