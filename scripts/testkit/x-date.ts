/**
 * Formats a time as the header X-Date: `yyyyMMdd'T'HHmmss'Z'` in UTC. Does not use the client's formatter, so that
 * tests can compare the two.
 *
 * @param time Milliseconds since the Unix epoch.
 */
export function xDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}
