/**
 * Formats a time as the header X-Date: `yyyyMMdd'T'HHmmss'Z'` in UTC. Independent of the client's own formatter.
 *
 * @param time Milliseconds since the Unix epoch.
 */
export function xDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}
