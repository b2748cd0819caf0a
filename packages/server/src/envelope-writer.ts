import type { Operation, Schema } from '@koodrive-backup/spec/contract';
import fastJson from 'fast-json-stringify';

/**
 * Creates the function that writes the envelope of an operation's success. It omits fields that the contract does not
 * have, and throws if a field is missing that the contract requires.
 */
export function createEnvelopeWriter({ id, responses }: Operation): (envelope: object) => string {
  const success = responses['200'];
  if (!success) throw new Error(`the contract has no success for ${id}`);
  return fastJson(forWriting(success.schema) as fastJson.AnySchema);
}

// Keywords that say how a value is checked or shown, and nothing about how it is written.
const notForWriting = new Set([
  'const',
  'contentMediaType',
  'description',
  'enum',
  'example',
  'format',
  'not',
  'pattern',
]);

function forWriting(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(forWriting);
  const { properties, ...keywords } = node as Schema;
  const kept = Object.entries(keywords).filter(([name]) => !notForWriting.has(name) && !name.startsWith('x-'));
  return {
    ...mapValues(Object.fromEntries(kept), forWriting),
    // Kept apart, because a field may have the name of a keyword.
    ...(properties && { properties: mapValues(properties, forWriting) }),
  };
}

function mapValues<Value>(object: Record<string, Value>, map: (value: Value) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
