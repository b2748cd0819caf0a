import type { Operation, Schema } from '@koodrive-backup/spec/contract';

/** Schemas by which answers are written, by status. */
export type ResponseSchemas = Record<string, object>;

/**
 * The schemas by which the answers of an operation are written: a field that the contract does not have is left out,
 * and one that it requires has to be there.
 */
export function responseSchemas({ responses }: Operation): ResponseSchemas {
  return mapValues(responses, ({ schema }) => forWriting(schema)) as ResponseSchemas;
}

// What says how a value is checked or shown, and nothing about how it is written.
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
    // A field may have the name of a keyword.
    ...(properties && { properties: mapValues(properties, forWriting) }),
  };
}

function mapValues<Value>(object: Record<string, Value>, map: (value: Value) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
