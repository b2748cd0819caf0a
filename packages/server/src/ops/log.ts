import sonicBoom from 'sonic-boom';

/** Where pino writes its lines to. */
export interface Log {
  /** Takes a line with its end. It is written with others, a second later at most. */
  write(line: string): void;
  /** Puts out what is left, for a second at most. */
  end(): Promise<void>;
}

/** How long the end of the log may take to be written, in milliseconds. */
const endMs = 1000;

/**
 * The log on stdout. What cannot be written, because a disk is full or nobody reads, is dropped in the end: a server
 * answers without a log too.
 */
export function openLog(): Log {
  // Written in blocks: a line of its own for each would cost as much as the answer. Not synced when the process ends,
  // as pino's own destination is: on a full disk that would never end.
  const output = new sonicBoom.SonicBoom({
    fd: 1,
    sync: false,
    minLength: 16_000,
    maxLength: 1_048_576,
    periodicFlush: 1000,
  });
  let hasFailed = false;
  output.on('error', (error) => {
    if (!hasFailed) console.error(`koodrive-server: the log cannot be written: ${error.message}`);
    hasFailed = true;
  });

  // It measures the block anew with each piece that it is given, so it is given all lines of a turn at once.
  let lines = '';
  function handOver(): void {
    output.write(lines);
    lines = '';
  }

  return {
    write(line) {
      if (lines === '') setImmediate(handOver);
      lines += line;
    },
    end() {
      handOver();
      return new Promise((resolve) => {
        setTimeout(resolve, endMs);
        output.flush(() => resolve());
      });
    },
  };
}
