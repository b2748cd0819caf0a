/** The provider's clock, as far as its answers show it. */
export interface Clock {
  /** Learns from an answer's header Date. Times in milliseconds since the Unix epoch, by the clock of this machine. */
  learn(date: string | undefined, sentAt: number, receivedAt: number): void;
  /** Returns the X-Date of a time that the provider's clock has reached, `secondsAgo` seconds ago (default 0). */
  past(secondsAgo?: number): string;
  /** Returns the X-Date of a time that the provider's clock has not reached, `seconds` seconds ahead. */
  future(seconds: number): string;
  /** Whether an answer has shown the provider's time. */
  readonly isLearnt: boolean;
  /** The earliest and the latest that the provider's now can be, in milliseconds since the Unix epoch. */
  now(): { earliest: number; latest: number };
}

/** How far behind this machine a provider's clock may be if its answers have no Date, in milliseconds. */
const marginMs = 5_000;

/** Creates a clock that agrees with this machine's clock until an answer shows the provider's time. */
export function createClock(): Clock {
  let behind = 0;
  let ahead = 0;
  let isLearnt = false;

  const now = (): { earliest: number; latest: number } => {
    const here = Date.now();
    return { earliest: here + behind, latest: here + ahead };
  };

  return {
    get isLearnt() {
      return isLearnt;
    },
    learn(date, sentAt, receivedAt) {
      const time = Date.parse(date ?? '');
      if (Number.isNaN(time)) return;
      // Date counts whole seconds, so it is up to a second behind.
      const [lower, upper] = [time - receivedAt, time + 1000 - sentAt];
      // Bounds that cross mean that somebody set one of the clocks: start again.
      const crosses = lower > ahead || upper < behind;
      behind = isLearnt && !crosses ? Math.max(behind, lower) : lower;
      ahead = isLearnt && !crosses ? Math.min(ahead, upper) : upper;
      isLearnt = true;
    },
    past: (secondsAgo = 0) => xDate(now().earliest - secondsAgo * 1000 - (isLearnt ? 0 : marginMs)),
    future: (seconds) => xDate(Math.ceil(now().latest / 1000) * 1000 + seconds * 1000),
    now,
  };
}

/** Formats a time as X-Date, in whole seconds, rounded down. */
function xDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Returns the time of an X-Date, in milliseconds since the Unix epoch; NaN if the text is not an X-Date. */
export function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
