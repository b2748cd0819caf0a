/** The provider's clock, as far as its answers tell it. */
export interface Clock {
  /** Learns from an answer's header Date. Times in milliseconds since the Unix epoch, by the clock of this machine. */
  learn(date: string | undefined, sentAt: number, receivedAt: number): void;
  /** X-Date for a time that the provider's clock has reached, some seconds ago. */
  past(secondsAgo?: number): string;
  /** X-Date for a time that it has not reached, some seconds ahead. */
  future(seconds: number): string;
  /** Whether an answer has told the time. */
  readonly isLearnt: boolean;
  /** The earliest and the latest that the provider's now can be, in milliseconds since the Unix epoch. */
  now(): { earliest: number; latest: number };
}

/** How far a provider's clock may be behind that does not tell the time, in milliseconds. */
const marginMs = 5_000;

/** A clock that is taken to agree with this machine's until an answer says otherwise. */
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
      // Bounds that cross mean that one of the clocks was set: begin anew.
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

/** A time in the form of X-Date, whole seconds, rounded down. */
function xDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The time of an X-Date, in milliseconds since the Unix epoch; not a number if it is none. */
export function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
