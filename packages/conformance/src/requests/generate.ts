import type { Schema } from '@koodrive-backup/spec/contract';
import fc, { type Arbitrary } from 'fast-check';

/**
 * Generates values that are valid by a schema. It knows the keywords that the contract's requests use.
 *
 * @param given Fixed values for properties that name something of the provider, which cannot be generated.
 * @throws Error if it cannot generate values for the schema's type.
 */
export function valuesOf(schema: Schema, given: Record<string, unknown> = {}): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'string') return stringsOf(schema);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return fc.integer(boundsOf(schema));
  if (schema.type === 'number') return fc.double({ ...boundsOf(schema), noNaN: true });
  if (schema.type === 'array' && schema.items) return fc.array(valuesOf(schema.items, given), { maxLength: 3 });
  if (schema.type !== 'object') throw new Error(`cannot generate values for a schema of type ${schema.type}`);
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, property]) => [
    name,
    name in given ? fc.constant(given[name]) : valuesOf(property, given),
  ]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required as never[], noNullPrototype: true });
}

function boundsOf({ minimum, maximum }: Schema): { min?: number; max?: number } {
  return { ...(minimum !== undefined && { min: minimum }), ...(maximum !== undefined && { max: maximum }) };
}

/** Any Unicode character. fast-check's unit `binary` does the same, but takes a second and 100 MB to set up. */
const characters = fc
  .oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ max: 0xd7ff, min: 0 }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((point) => String.fromCodePoint(point));

function stringsOf({ pattern, contentMediaType, minLength = 0, maxLength = 200 }: Schema): Arbitrary<string> {
  if (contentMediaType === 'application/json') return fc.json();
  if (pattern === undefined) return fc.string({ minLength, maxLength, unit: characters });
  const strings = fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
  if (minLength === 0) return strings.filter((text) => text.length <= maxLength);
  // Repeat a match that is too short. It still matches, because every pattern with a minLength is one character class.
  return strings.map((text) => text.repeat(Math.ceil(minLength / text.length)).slice(0, maxLength));
}
