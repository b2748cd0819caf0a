import sonicBoom from 'sonic-boom';

/** What takes the lines of a log. */
export interface LogOutput {
  /** Takes a line with its end. */
  write(line: string): void;
}

/** The log on stdout. */
export interface StdoutLog extends LogOutput {
  /**
   * Writes what is left.
   *
   * @returns `false` if that hangs, after half a second: `process.exit` would wait for it without end.
   */
  end(): Promise<boolean>;
}

/** How long the end of the log may take to be written, in milliseconds. */
const endMs = 500;

/**
 * Opens the log on stdout. Lines are written in blocks, a second later at most. What cannot be written, because a disk is
 * full or nobody reads, is dropped beyond 1 MB: a server answers without a log too.
 */
export function openStdout(): StdoutLog {
  // Not pino's own destination, which writes the rest when the process ends: on a full disk that would never end.
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
        // Also if it cannot be written: nothing hangs then.
        output.flush(() => resolve(true));
      }),
  };
}
