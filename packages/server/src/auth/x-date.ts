import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

const form = new RegExp(contract.components.parameters.Date.schema.pattern, 'u');

/**
 * Parses the header X-Date.
 *
 * @returns Milliseconds since the Unix epoch; NaN for a date that does not exist; `undefined` for any other form.
 */
export function timeOfXDate(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  const day = part(6, 8);
  const time = Date.UTC(part(0, 4), part(4, 6) - 1, day, part(9, 11), part(11, 13), part(13, 15));
  // Date.UTC reads 30 February as a day in March.
  return new Date(time).getUTCDate() === day ? time : Number.NaN;
}
