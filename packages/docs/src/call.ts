import type { Operation } from '@koodrive-backup/spec/contract';

/** A value that a parameter of a sample may have. The client and a URL write these types alike. */
export type Scalar = string | number | boolean;

/** An operation with values filled in: what a sample shows. */
export interface Call {
  method: string;
  path: string;
  /** The values that the caller chooses, by the place they travel in and by name. */
  parameters: Record<'path' | 'query' | 'header', Record<string, Scalar>>;
  /** The names of the headers that authentication fills in. */
  setByClient: string[];
  /** The JSON body; `undefined` if there is none. */
  body: unknown;
}

/**
 * Fills in the example values of an operation, but only for required parameters: a sample with an invented cursor or
 * filter finds nothing on a real provider.
 *
 * @throws Error if the contract has no example for a value that the call needs.
 */
export function exampleCall({ id, method, path, parameters, body }: Operation): Call {
  const required = parameters.filter((parameter) => parameter.required);
  const call: Call = {
    method,
    path,
    parameters: { path: {}, query: {}, header: {} },
    setByClient: required.filter(({ isSetByClient }) => isSetByClient).map(({ name }) => name),
    body: body && given(body.example, `the body of ${id}`),
  };
  for (const { in: place, name, example, isSetByClient } of required) {
    if (!isSetByClient) call.parameters[place][name] = scalar(example, `parameter ${name} of ${id}`);
  }
  return call;
}

/**
 * The path of a call and its query, percent-encoded as the app signature wants it: everything but RFC 3986's unreserved
 * characters.
 *
 * @throws Error if the path has a parameter that the call has no value for.
 */
export function targetOf({ path, parameters }: Call): string {
  const filled = path.replace(/\{(.+?)\}/g, (_, name: string) => {
    const value = parameters.path[name];
    if (value === undefined) throw new Error(`The contract describes no parameter ${name} of ${path}`);
    return percentEncoded(value);
  });
  const query = Object.entries(parameters.query).map((pair) => pair.map(percentEncoded).join('='));
  return [filled, ...(query.length > 0 ? [query.join('&')] : [])].join('?');
}

/**
 * Returns the headers that the client package would set, as another language writes them.
 *
 * @param values The expressions, by the header's name in lower case.
 * @returns The headers in the order of the call, each with its expression.
 * @throws Error if a header has no expression.
 */
export function setByClientIn({ setByClient }: Call, values: Record<string, string>): [name: string, value: string][] {
  return setByClient.map((name) => {
    const value = values[name.toLowerCase()];
    if (value === undefined) throw new Error(`No sample shows how ${name} is set`);
    return [name, value];
  });
}

/** Also encodes what `encodeURIComponent` leaves as it is. A shell interprets `!` and `'`. */
function percentEncoded(value: Scalar): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function scalar(example: unknown, where: string): Scalar {
  const value = given(example, where);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`The samples cannot show ${where}: its example is not a string, a number or a boolean`);
}

function given(example: unknown, where: string): unknown {
  if (example === undefined) throw new Error(`The contract gives no example of ${where}`);
  return example;
}
