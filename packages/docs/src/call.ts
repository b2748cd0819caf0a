import type { Operation } from '@koodrive-backup/spec/contract';

/** What a parameter of a sample may be: the client and a URL write these alike. */
export type Scalar = string | number | boolean;

/** An operation with the contract's examples filled in: what a sample shows. */
export interface Call {
  method: string;
  path: string;
  /** The values that the caller chooses, by the place they travel in and by name. */
  parameters: Record<'path' | 'query' | 'header', Record<string, Scalar>>;
  /** The names of the headers that authentication fills in. */
  setByClient: string[];
  /** The JSON body; `undefined` where there is none. */
  body: unknown;
}

/**
 * Fills in the example values of an operation. Of the parameters only the required ones are taken: a sample with an
 * invented cursor or filter finds nothing on a real provider.
 *
 * @throws Error when the contract gives no example for a value that the call needs.
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

function scalar(example: unknown, where: string): Scalar {
  const value = given(example, where);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`The samples cannot show ${where}: its example is not a string, a number or a boolean`);
}

function given(example: unknown, where: string): unknown {
  if (example === undefined) throw new Error(`The contract gives no example of ${where}`);
  return example;
}
