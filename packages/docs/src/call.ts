import {
  type Exemplified,
  type OpenapiDocument,
  type Operation,
  type Parameter,
  type PlacedOperation,
  resolve,
} from '@koodrive-backup/spec/openapi-document';

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
export function exampleCall(document: OpenapiDocument, placed: PlacedOperation): Call {
  const { method, path, operation } = placed;
  const body = exampleBody(document, operation);
  const call: Call = { method, path, parameters: { path: {}, query: {}, header: {} }, setByClient: [], body };
  for (const parameter of requiredParameters(document, placed)) {
    if (parameter['x-set-by-client']) {
      call.setByClient.push(parameter.name);
      continue;
    }
    const where = `parameter ${parameter.name} of ${operation.operationId}`;
    valuesIn(call, parameter, where)[parameter.name] = scalar(exampleOf(document, parameter, where), where);
  }
  return call;
}

/** The operation's own parameters go before those of its path with the same name and place (Path Item Object). */
function requiredParameters(document: OpenapiDocument, { pathItem, operation }: PlacedOperation): Parameter[] {
  const parameters = [...(pathItem.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
    resolve(document, parameter),
  );
  const byKey = new Map(parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
  return [...byKey.values()].filter(({ required }) => required);
}

function valuesIn(call: Call, parameter: Parameter, where: string): Record<string, Scalar> {
  const place = parameter.in;
  if (place === 'path' || place === 'query' || place === 'header') return call.parameters[place];
  throw new Error(`The samples cannot show ${where}, which travels in ${place}`);
}

function exampleBody(document: OpenapiDocument, { requestBody, operationId }: Operation): unknown {
  if (requestBody === undefined) return undefined;
  const json = resolve(document, requestBody).content['application/json'];
  if (json === undefined) throw new Error(`The samples cannot show the body of ${operationId}, which is not JSON`);
  return exampleOf(document, json, `the body of ${operationId}`);
}

function exampleOf(document: OpenapiDocument, { examples, example, schema }: Exemplified, where: string): unknown {
  const [first] = Object.values(examples ?? {});
  const value = (first && resolve(document, first).value) ?? example ?? (schema && resolve(document, schema).example);
  if (value === undefined) throw new Error(`The contract gives no example of ${where}`);
  return value;
}

function scalar(value: unknown, where: string): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`The samples cannot show ${where}: its example is not a string, a number or a boolean`);
}
