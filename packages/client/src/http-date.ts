/**
 * Reads an HTTP date in any of its three forms (RFC 9110, section 5.6.7).
 *
 * @returns Milliseconds since the epoch, or NaN.
 */
export function parseHttpDate(text: string): number {
  // Asctime has no zone, and would be taken for local time. What has no colon is no date, though some engines read one.
  return Date.parse(text.includes(':') ? text.replace(/\d{4}$/, '$& GMT') : '');
}
