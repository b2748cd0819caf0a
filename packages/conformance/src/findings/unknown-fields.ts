import type { Schema } from '@koodrive-backup/spec/contract';
import type { Exchange } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';

/** The fields of a success that no table names. They are neither promised nor refused (errata, E29), so they are noted. */
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
