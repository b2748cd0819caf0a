// The server refuses an X-Date from its future, so ours is a little behind.
const behindMs = 60_000;

// A minute less than the 15 that the contract allows (`x-lifetime-seconds` of the parameter Date), because fractions of
// a second are cut off from X-Date and from the server's Date.
const maxAgeMs = 14 * 60_000;

// A century: a machine that has lost its clock may believe in 1970, and X-Date has no room for a fifth digit of a year.
const farthestAheadMs = 100 * 365 * 24 * 60 * 60_000;

/** The server's clock, as far as its answers have told it. Until the first answer it is the local clock. */
export interface ServerClock {
  /** The server's time, in milliseconds since the epoch. */
  now(): number;

  /**
   * Sets the header X-Date.
   *
   * @returns The time that the header says, in milliseconds since the epoch, with the fraction that was cut off.
   */
  stamp(headers: Headers): number;

  /**
   * Whether a server that answers like this cannot have accepted the X-Date.
   *
   * @param xDate What `stamp` returned for the request.
   * @returns `false` if the answer has no readable Date, or one that is distrusted: nothing is known then.
   */
  refuses(xDate: number, response: Response): boolean;

  /** Learns how far the server's clock is ahead of the local one. An answer without a readable Date changes nothing. */
  learn(response: Response): void;

  /**
   * Goes back to the local clock after the server refused what was learnt: the Date may be that of a gateway whose
   * clock is wrong. Does not learn the same again.
   *
   * @returns How to undo it, for when the local clock was refused too.
   */
  distrust(): () => void;
}

export function createServerClock(): ServerClock {
  let skewMs = 0;
  let distrustedMs = Number.NaN;
  // To format it takes longer than the rest of a stamp.
  let xDate = '';
  let stampedSecond = Number.NaN;
  const now = (): number => Date.now() + skewMs;
  /** How far an answer's Date is ahead of the local clock, in milliseconds; NaN if that is nothing to go by. */
  const aheadMs = (response: Response): number => {
    const ahead = dateOf(response) - Date.now();
    const isDistrusted = Math.abs(ahead - distrustedMs) < behindMs;
    return isDistrusted || Math.abs(ahead) > farthestAheadMs ? Number.NaN : ahead;
  };
  return {
    now,
    stamp(headers) {
      const time = now() - behindMs;
      const second = Math.floor(time / 1000);
      if (second !== stampedSecond) xDate = formatXDate(time);
      stampedSecond = second;
      headers.set('X-Date', xDate);
      return time;
    },
    refuses: (xDate, response) => isWrongAt(xDate, Date.now() + aheadMs(response)),
    learn(response) {
      const ahead = aheadMs(response);
      if (!Number.isNaN(ahead)) skewMs = ahead;
    },
    distrust() {
      const learntMs = skewMs;
      distrustedMs = skewMs;
      skewMs = 0;
      return () => {
        distrustedMs = Number.NaN;
        skewMs = learntMs;
      };
    },
  };
}

/** Whether a server whose clock is the local one cannot have accepted the X-Date. */
export const isXDateWrongHere = (xDate: number): boolean => isWrongAt(xDate, Date.now());

const isWrongAt = (xDate: number, time: number): boolean => xDate > time || time - xDate > maxAgeMs;

/**
 * Formats a time as the header X-Date wants it: `yyyyMMdd'T'HHmmss'Z'` in UTC, fractions of a second cut off.
 *
 * @param time Milliseconds since the epoch.
 */
export function formatXDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/**
 * Reads an HTTP date in any of its three forms (RFC 9110, section 5.6.7).
 *
 * @returns Milliseconds since the epoch, or NaN.
 */
export function parseHttpDate(text: string): number {
  // Some engines read a date in a text without a colon, such as "5". No HTTP date is without one.
  if (!text.includes(':')) return Number.NaN;
  // The asctime form ends with the year and has no zone, so it would be read as local time.
  return Date.parse(text.trim().replace(/\d{4}$/, '$& GMT'));
}

/** When the answer was sent: its Date, and the seconds that it has spent in a cache since (RFC 9111, section 5.1). */
function dateOf({ headers }: Response): number {
  const age = headers.get('age') ?? '';
  return parseHttpDate(headers.get('date') ?? '') + (/^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0);
}
