import type { Contract, MadeBy, Operation, Parameter, Schema } from '@koodrive-backup/spec/contract';
import { isObject } from '../judge/oracle.ts';
import type { Change } from './call.ts';

/** A kind of thing that only the provider can make, as the contract tells it (`x-made-by`). */
export interface Kind {
  /** As `lock`. */
  name: string;
  maker: Operation;
  /** The field of `data` that holds its id, as `lockId`. */
  field: string;
  /** The operation that removes it, if there is one. */
  remover: Operation | undefined;
}

/** The operations that make the things whose rules the suite knows. */
export const makers = { lock: 'createBackupLock', record: 'createBackupRecord', device: 'bindDevice' } as const;

/** Every kind of thing that a contract knows, those first whose removal needs another. */
export function kindsOf({ operations }: Contract): Kind[] {
  const made = operations.flatMap(({ parameters }) => parameters.flatMap(({ madeBy }) => madeBy ?? []));
  const kinds = new Map<string, Kind>();
  for (const { operation, field } of made) {
    const maker = operations.find(({ id }) => id === operation);
    if (!maker || !field.startsWith('data.') || kinds.has(operation)) continue;
    const remover = operations.find((one) => usedUpBy(one)?.madeBy.operation === operation);
    kinds.set(operation, { name: field.slice(5).replace(/Id$/, ''), maker, field: field.slice(5), remover });
  }
  const needs = ({ remover }: Kind): number => remover?.parameters.filter(({ madeBy }) => madeBy).length ?? 0;
  return [...kinds.values()].sort((a, b) => needs(b) - needs(a));
}

/** The parameter that names what a DELETE uses up: the one in its path or, if its path names nothing, in a header. */
export function usedUpBy({ method, parameters }: Operation): (Parameter & { madeBy: MadeBy }) | undefined {
  if (method !== 'DELETE') return undefined;
  const named = parameters.filter((one): one is Parameter & { madeBy: MadeBy } => one.madeBy !== undefined);
  return named.find((parameter) => parameter.in === 'path') ?? named[0];
}

/** Where an operation takes what a maker has made. */
export interface Place {
  in: Parameter['in'] | 'body';
  name: string;
  madeBy: MadeBy;
  pointer: string;
  /** The change that puts a value there. */
  change(value: string): Change;
}

/** Every place at which an operation takes what only a provider can make. */
export function placesOf({ parameters, body }: Operation): Place[] {
  const inParameters = parameters.flatMap(({ in: place, name, madeBy, pointer }): Place[] => {
    const key = place === 'header' ? 'headers' : place;
    return madeBy ? [{ in: place, name, madeBy, pointer, change: (value) => ({ [key]: { [name]: value } }) }] : [];
  });
  const inBody = fieldsOf(body?.schema).flatMap(([name, { 'x-made-by': madeBy }]): Place[] =>
    madeBy
      ? [{ in: 'body', name, madeBy, pointer: body?.pointer ?? '', change: (value) => ({ fields: { [name]: value } }) }]
      : [],
  );
  return [...inParameters, ...inBody];
}

/** The properties of a schema. */
export const fieldsOf = (schema: Schema = {}): [string, Schema][] => Object.entries(schema.properties ?? {});

/** The id that a success holds in a field of its `data`. */
export function idIn(envelope: Record<string, unknown> | undefined, field: string): string | undefined {
  const data = envelope?.data;
  const id = isObject(data) ? data[field] : undefined;
  return id === undefined ? undefined : String(id);
}

/** The fields of a body whose text has to be JSON. */
export const jsonFields = ({ body }: Operation): string[] =>
  fieldsOf(body?.schema).flatMap(([name, { contentMediaType }]) =>
    contentMediaType === 'application/json' ? [name] : [],
  );
