// The server refuses an X-Date from its future, so ours is a little behind.
const behindMs = 60_000;

// A minute less than the 15 that the contract allows (`x-lifetime-seconds` of the parameter Date), because fractions of
// a second are cut off from X-Date and from the server's Date.
const maxAgeMs = 14 * 60_000;

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

  /** Learns how far the server's clock is ahead of the local one. An answer without a readable Date changes nothing. */
  learn(response: Response): void;
}

export function createServerClock(): ServerClock {
  let skewMs = 0;
  const now = (): number => Date.now() + skewMs;
  return {
    now,
    stamp(headers) {
      const time = now() - behindMs;
      headers.set('X-Date', formatXDate(time));
      return time;
    },
    learn(response) {
      const date = dateOf(response);
      if (!Number.isNaN(date)) skewMs = date - Date.now();
    },
  };
}

/**
 * Whether a server that answers with this Date cannot have accepted the X-Date.
 *
 * @param xDate What `stamp` returned for the request.
 * @returns `false` where the answer has no readable Date: nothing is known then.
 */
export function isXDateWrong(xDate: number, response: Response): boolean {
  const date = dateOf(response);
  return xDate > date || date - xDate > maxAgeMs;
}

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
  return Date.parse(text.replace(/\d{4}$/, '$& GMT'));
}

const dateOf = ({ headers }: Response): number => parseHttpDate(headers.get('date') ?? '');
