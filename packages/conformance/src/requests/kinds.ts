import type { Contract, MadeBy, Operation, Parameter, Schema } from '@koodrive-backup/spec/contract';
import { isObject } from '../judge/oracle.ts';
import type { Change } from './call.ts';

/** A kind of thing that only the provider can create, as the contract says (`x-made-by`). */
export interface Kind {
  /** Its name, for example `lock`. */
  name: string;
  /** The operation that creates it. */
  maker: Operation;
  /** The field of `data` that holds its id, for example `lockId`. */
  field: string;
  /** The operation that removes it, if the contract has one. */
  remover: Operation | undefined;
}

/** The operations that create the things that the suite has a model of. */
export const makers = { lock: 'createBackupLock', record: 'createBackupRecord', device: 'bindDevice' } as const;

/** Returns every kind of thing in a contract. Kinds whose removal needs a thing of another kind come first. */
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

/** Returns the parameter that names what a DELETE removes: in its path or, if its path names nothing, in a header. */
export function usedUpBy({ method, parameters }: Operation): (Parameter & { madeBy: MadeBy }) | undefined {
  if (method !== 'DELETE') return undefined;
  const named = parameters.filter((one): one is Parameter & { madeBy: MadeBy } => one.madeBy !== undefined);
  return named.find((parameter) => parameter.in === 'path') ?? named[0];
}

/** A place in a request that holds the id of a thing that another operation created. */
export interface Place {
  in: Parameter['in'] | 'body';
  name: string;
  madeBy: MadeBy;
  pointer: string;
  /** Returns the change that puts a value there. */
  change(value: string): Change;
}

/** Returns every place of an operation that holds a value which only the provider can create. */
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

/** Returns the properties of a schema. */
export const fieldsOf = (schema: Schema = {}): [string, Schema][] => Object.entries(schema.properties ?? {});

/** Returns the id in a field of a success's `data`. */
export function idIn(envelope: Record<string, unknown> | undefined, field: string): string | undefined {
  const data = envelope?.data;
  const id = isObject(data) ? data[field] : undefined;
  return id === undefined ? undefined : String(id);
}

/** Returns the fields of a body whose text must be JSON. */
export const jsonFields = ({ body }: Operation): string[] =>
  fieldsOf(body?.schema).flatMap(([name, { contentMediaType }]) =>
    contentMediaType === 'application/json' ? [name] : [],
  );
