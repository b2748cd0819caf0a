/**
 * Formats a time as the header X-Date wants it: `yyyyMMdd'T'HHmmss'Z'` in UTC, fractions of a second cut off.
 *
 * @param time Any valid date.
 */
export function formatXDate(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}
