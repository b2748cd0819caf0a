/**
 * Formats a time as the header X-Date wants it: `yyyyMMdd'T'HHmmss'Z'` in UTC, fractions of a second cut off.
 *
 * @param time Milliseconds since the epoch.
 */
export function formatXDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}
