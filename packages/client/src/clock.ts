// The server refuses an X-Date that is ahead of its clock, so the client sends a time that is a little behind.
const behindMs = 60_000;

// A minute less than the 15 that the contract allows (`x-lifetime-seconds` of the parameter Date), because fractions of
// a second are cut off from X-Date and from the server's Date.
const maxAgeMs = 14 * 60_000;

// A century, because a machine that has lost its time may start in 1970. Not more, because X-Date has only four digits
// for the year.
const farthestAheadMs = 100 * 365 * 24 * 60 * 60_000;

/** The server's clock, learnt from its answers. Until the first answer it is the local clock. */
export interface ServerClock {
  /** The server's time, in milliseconds since the epoch. */
  now(): number;

  /**
   * Sets the header X-Date.
   *
   * @returns The time in the header, in milliseconds since the epoch, with the fraction of a second that the header
   *   lacks.
   */
  stamp(headers: Headers): number;

  /**
   * Whether the Date of an answer shows that the server cannot have accepted the X-Date.
   *
   * @param xDate What `stamp` returned for the request.
   * @returns `false` if the answer has no readable Date, or a distrusted one: it then shows nothing.
   */
  refuses(xDate: number, response: Response): boolean;

  /** Learns how far the server's clock is ahead of the local one. An answer without a readable Date changes nothing. */
  learn(response: Response): void;

  /**
   * Goes back to the local clock after the server refused the learnt time, which may be that of a gateway whose clock
   * is wrong. The same time is not learnt again.
   *
   * @returns A function that undoes this, to call if the server refuses the local clock too.
   */
  distrust(): () => void;
}

export function createServerClock(): ServerClock {
  let skewMs = 0;
  let distrustedMs = Number.NaN;
  // Keep the last X-Date, because formatting it takes longer than the rest of a stamp.
  let xDate = '';
  let stampedSecond = Number.NaN;
  const now = (): number => Date.now() + skewMs;
  /** How far an answer's Date is ahead of the local clock, in milliseconds; NaN if it is missing or not trusted. */
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

/** Whether a server whose clock agrees with the local one cannot have accepted the X-Date. */
export const isXDateWrongHere = (xDate: number): boolean => isWrongAt(xDate, Date.now());

const isWrongAt = (xDate: number, time: number): boolean => xDate > time || time - xDate > maxAgeMs;

/**
 * Formats a time for the header X-Date: `yyyyMMdd'T'HHmmss'Z'` in UTC, with fractions of a second cut off.
 *
 * @param time Milliseconds since the epoch.
 */
export function formatXDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/**
 * Reads an HTTP date in any of its three forms (RFC 9110, section 5.6.7).
 *
 * @returns Milliseconds since the epoch; NaN if the text is not an HTTP date.
 */
export function parseHttpDate(text: string): number {
  // Some engines parse a text such as "5" as a date. Every HTTP date contains a colon.
  if (!text.includes(':')) return Number.NaN;
  // The asctime form ends with the year and has no zone, so it would be read as local time.
  return Date.parse(text.trim().replace(/\d{4}$/, '$& GMT'));
}

/** The server's time when the answer arrived: its Date plus the seconds in a cache, its Age (RFC 9111, section 5.1). */
function dateOf({ headers }: Response): number {
  const age = headers.get('age') ?? '';
  return parseHttpDate(headers.get('date') ?? '') + (/^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0);
}
