const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The latest time that a Date can hold, in milliseconds since the Unix epoch (ECMA-262, section 21.4.1.1). */
const latest = 8.64e15;

/**
 * Reads when a credential is to end: after a duration (`90s`, `45m`, `12h`, `30d`), or at a time of ISO 8601 in UTC
 * (`2027-01-31` or `2027-01-31T12:00:00Z`).
 *
 * @param name As whoever gave it writes it, such as `--expires`.
 * @param now In milliseconds since the Unix epoch, as is what it returns.
 * @throws Error with a message for whoever gave it.
 */
export function parseExpiry(name: string, text: string, now: number = Date.now()): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time = count && unit ? now + Number(count) * units[unit as keyof typeof units] : timeOf(text);
  if (time === undefined || time > latest) {
    throw new Error(`${name} must be a duration such as 90m, 12h or 30d, or a time such as 2027-01-31T12:00:00Z`);
  }
  if (time <= now) throw new Error(`${name} must be in the future`);
  return time;
}

function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(text)) return undefined;
  const time = Date.parse(text);
  // The parser reads 30 February as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text.replace('Z', '')) ? time : undefined;
}
