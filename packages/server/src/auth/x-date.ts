import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

const form = new RegExp(contract.components.parameters.Date.schema.pattern, 'u');

// X-Date counts whole seconds, so most requests carry the same text as the request before.
let last = { text: '', time: undefined as number | undefined };

/**
 * Reads the header X-Date.
 *
 * @returns Milliseconds since the Unix epoch; NaN for a day that no calendar has; `undefined` for any other form.
 */
export function timeOfXDate(text: string): number | undefined {
  if (text !== last.text) last = { text, time: parse(text) };
  return last.time;
}

function parse(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const iso = text.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = Date.parse(iso);
  // The parser reads 30 February as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString() === iso ? time : Number.NaN;
}
