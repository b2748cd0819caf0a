import { type Operation, operationsAt } from '@koodrive-backup/spec/contract';
import { mediaTypeViolation, missingCredentials, readRequest } from '@koodrive-backup/spec/validate-request';
import { type Pairs, percentEncode } from '../http/app-signature.ts';

/** A request to an operation, without its credential. Immutable: a change returns a new call. */
export interface Call {
  readonly operation: Operation;
  readonly method: string;
  /** The path template. */
  readonly template: string;
  /** Values for the names in the template. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Pairs;
  /** All headers that the caller chooses: not Host, Content-Length or Authorization. */
  readonly headers: Pairs;
  readonly body: Buffer | undefined;
}

/** The part of a call that holds a parameter. */
export type Place = 'header' | 'query' | 'path';

/** The values in which a call differs from another. */
export interface Change {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** Fields of the body. A field that is `undefined` is removed. */
  fields?: Readonly<Record<string, unknown>>;
  /** The whole body. */
  body?: unknown;
}

/** Returns the path of a call, percent-encoded, without the query. */
export function pathOf({ template, path }: Call): string {
  return template.replace(/\{([^}]+)\}/g, (_, name) => percentEncode(path[name] ?? ''));
}

/** Returns the query of a call, percent-encoded, with its question mark; an empty string if the call has no query. */
export function queryOf({ query }: Call): string {
  return query.length === 0 ? '' : `?${query.map((pair) => pair.map(percentEncode).join('=')).join('&')}`;
}

/** Returns the call with these values of a parameter in place of all its values. */
export function withValues(call: Call, place: Place, name: string, values: readonly string[]): Call {
  if (place === 'path') return { ...call, path: { ...call.path, [name]: values[0] ?? '' } };
  const key = place === 'header' ? 'headers' : 'query';
  const isOther = ([other]: readonly [string, string]): boolean =>
    place === 'header' ? other.toLowerCase() !== name.toLowerCase() : other !== name;
  return { ...call, [key]: [...call[key].filter(isOther), ...values.map((value) => [name, value] as const)] };
}

/** Returns the first value of a parameter that a call sends. */
export function sentValue(call: Call, place: Place, name: string): string | undefined {
  if (place === 'path') return call.path[name];
  if (place === 'query') return call.query.find(([other]) => other === name)?.[1];
  return call.headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
}

/** Returns the call with another body. Bytes are sent unchanged, everything else as JSON. */
export function withBody(call: Call, body: unknown): Call {
  if (body === undefined) return { ...call, body: undefined };
  if (Buffer.isBuffer(body)) return { ...call, body };
  return { ...call, body: Buffer.from(JSON.stringify(body)) };
}

/** Returns the call with other fields in its body. A field that is `undefined` is removed. */
export function withFields(call: Call, fields: Record<string, unknown>): Call {
  return withBody(call, { ...(bodyOf(call) as object), ...fields });
}

/** Returns the call with a change applied. */
export function changed(call: Call, { path, query = {}, headers = {}, fields, body }: Change): Call {
  let made = path ? { ...call, path: { ...call.path, ...path } } : call;
  for (const [name, value] of Object.entries(query)) made = withValues(made, 'query', name, [value]);
  for (const [name, value] of Object.entries(headers)) made = withValues(made, 'header', name, [value]);
  if (fields) made = withFields(made, fields);
  return body === undefined ? made : withBody(made, body);
}

/** Returns the parsed body of a call; `undefined` if it is not JSON. */
export function bodyOf({ body }: Call): unknown {
  try {
    return body && JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * Returns why a call violates the contract, by the same code that judges requests in the mock and the server. Empty if
 * the call is valid.
 *
 * @param authorizations The values of Authorization that the call is sent with.
 */
export function violationsOf(call: Call, authorizations: readonly string[] = ['any']): string[] {
  const { operation, method, path, query, body = Buffer.alloc(0) } = call;
  const target = pathOf(call);
  const here = operationsAt([operation], target.split('/').map(decodeURIComponent));
  if (here.length === 0 || method !== operation.method) return [`${method} ${target} is not in the contract`];
  const headers: Record<string, string[]> = { authorization: [...authorizations] };
  for (const [name, value] of call.headers) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  const missing = missingCredentials(operation, headers);
  const unreadable = mediaTypeViolation(operation, headers);
  const search = new URLSearchParams(query.map(([name, value]) => [name, value]));
  const { violations } = readRequest(operation, { path, query: search, headers, body });
  return [...missing, ...(unreadable ? [unreadable] : []), ...violations];
}
