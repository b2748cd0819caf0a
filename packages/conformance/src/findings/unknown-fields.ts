import type { Schema } from '@koodrive-backup/spec/contract';
import type { Exchange } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';

/** Returns a note for each field of a success that the contract does not have. Such fields are allowed (E29). */
export function unknownFieldsOf({ call: { operation }, judgement: { envelope, isTaken } }: Exchange): string[] {
  const schema = operation.responses['200']?.schema;
  if (!isTaken || !schema || !envelope) return [];
  return fieldsIn(schema, envelope, 'body').map(
    (name) => `${operation.id} answers with ${name}, which the contract does not have`,
  );
}

function fieldsIn(schema: Schema, value: unknown, at: string): string[] {
  const { items, properties } = schema;
  if (Array.isArray(value)) return items ? value.flatMap((item) => fieldsIn(items, item, at)) : [];
  if (!properties || !isObject(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const known = properties[name];
    return known ? fieldsIn(known, field, `${at}.${name}`) : [`${at}.${name}`];
  });
}
