import { BackupError } from './errors/backup-error.ts';
import { check } from './errors/check.ts';
import { exactJson } from './json.ts';

/** What JSON can hold (RFC 8259, section 3). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * Writes a record's custom properties as the contract has them: a JSON document inside a string.
 *
 * @throws TypeError when the value holds what JSON cannot give back: `undefined`, a function, a symbol, a bigint, NaN,
 *   an infinity, an integer beyond ±(2^53 - 1) (write it as a string), a cycle, a Date, a Map and the like.
 */
export function encodeProperties(value: Json): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name) {
    // Not the second argument: a Date has become a string there.
    const item = this[name];
    const kind = kindOf(item);
    const isExact = typeof item === 'number' ? Math.abs(item) <= Number.MAX_SAFE_INTEGER : exactKinds.includes(kind);
    check(isExact, `properties: JSON cannot hold ${kind} ${name}`);
    return item;
  });
}

// What JSON gives back as it went, numbers apart.
const exactKinds = ['Object', 'Array', 'String', 'Boolean', 'Null'];

/** What a value is: the word Map of `[object Map]`. */
const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

/**
 * Reads a record's custom properties.
 *
 * @param record A backup record, or anything else with `properties`.
 * @returns The value, `undefined` where the record has no properties. An integer beyond ±(2^53 - 1) is the string of
 *   its digits. Its type is the caller's claim: nothing checks it.
 * @throws BackupError when the string is not JSON.
 */
export function decodeProperties<Value = Json>({ properties }: { readonly properties?: string }): Value | undefined {
  if (properties === undefined) return undefined;
  try {
    return JSON.parse(exactJson(properties));
  } catch {
    throw new BackupError(`properties is not JSON: ${properties.slice(0, 200)}`);
  }
}
