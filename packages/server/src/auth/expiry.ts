const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The latest time that a Date can hold, in milliseconds since the Unix epoch (ECMA-262, section 21.4.1.1). */
const latest = 8.64e15;

/**
 * Parses the time at which a credential ends: a duration from now (`90s`, `45m`, `12h`, `30d`), or a time of ISO 8601
 * in UTC (`2027-01-31` or `2027-01-31T12:00:00Z`).
 *
 * @param name The name of the option as the caller writes it, such as `--expires`.
 * @param now The current time, in milliseconds since the Unix epoch.
 * @returns The time, in milliseconds since the Unix epoch.
 * @throws Error with a message for the caller.
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
