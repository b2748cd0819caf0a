import { BackupPropertiesError } from './errors/backup-properties-error.ts';
import { check } from './errors/check.ts';
import { exactJson } from './json.ts';

/** What JSON can hold (RFC 8259, section 3). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A type whose values JSON can hold; it may be an interface. The parts that JSON cannot hold become `never`. */
export type JsonOf<Value> = Value extends Json
  ? Value
  : Value extends object
    ? Value extends (...args: never) => unknown
      ? never
      : { [Name in keyof Value]: JsonOf<Value[Name]> }
    : never;

/**
 * Writes a record's custom properties in the contract's form: a JSON document inside a string.
 *
 * @throws TypeError if the value contains something that JSON would lose or change: `undefined`, a function, a symbol,
 *   a bigint, NaN, an infinity, an integer beyond ±(2^53 - 1) (write it as a string), a cycle, a Date, a Map and the
 *   like.
 */
export function encodeProperties<Value>(value: Value & JsonOf<Value>): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name) {
    // Do not read the second argument, because a Date is already a string there.
    const item = this[name];
    const kind = kindOf(item);
    const where = `properties${name && `: ${JSON.stringify(name)}`}`;
    const isHeld = exactKinds.includes(kind) || Number.isFinite(item);
    check(isHeld, `${where} is ${kind === 'Number' ? item : kind}, which JSON cannot hold`);
    const isExact = kind !== 'Number' || Math.abs(Number(item)) <= Number.MAX_SAFE_INTEGER;
    check(isExact, `${where} is beyond ±(2^53 - 1), so readers round it: write it as a string`);
    return item;
  });
}

// The kinds of values that JSON returns unchanged, besides numbers.
const exactKinds = ['Object', 'Array', 'String', 'Boolean', 'Null'];

/** The kind of a value: the word `Map` of `[object Map]`. */
const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

/**
 * Reads a record's custom properties.
 *
 * @param record A backup record, or anything else with `properties`.
 * @returns The value; `undefined` if the record has no properties. An integer beyond ±(2^53 - 1) is the string of its
 *   digits. The caller chooses the type `Value`: nothing checks it.
 * @throws BackupPropertiesError if the string is not JSON.
 */
export function decodeProperties<Value = Json>({
  properties,
}: {
  readonly properties?: string | null | undefined;
}): Value | undefined {
  if (properties === undefined || properties === null) return undefined;
  try {
    return JSON.parse(exactJson(properties));
  } catch {
    const shown = String(properties).slice(0, shownCharacters);
    throw new BackupPropertiesError(`properties is not JSON: ${shown}`, { properties: shown });
  }
}

// Enough to recognise the properties.
const shownCharacters = 200;
