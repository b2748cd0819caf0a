import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import {
  find,
  mediaType,
  type Operation,
  type Parameter,
  pointerTo,
  readContract,
  type Schema,
  type SecurityScheme,
} from '../src/contract.ts';

interface Document {
  info: { title: string; version: string; summary?: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, object>;
}

/** An operation, with the texts for people that the reader of the contract leaves out. */
interface Described extends Operation {
  summary: string;
  description: string;
  tags: string[];
}

/** The header that the collection sets to the time of each request. */
const dateHeader = 'X-Date';

/**
 * Creates a Postman Collection (format 2.1.0) from the contract. The same contract always results in the same
 * collection.
 *
 * There is a folder for each tag with the operations that create, change and read. The last folder has the operations
 * that remove, in reverse order, so that the whole collection runs from top to bottom.
 *
 * @param contract The bundled contract.
 */
export function toPostmanCollection(contract: object): object {
  const document = contract as Document;
  const operations = inDocumentOrder(document);
  const parameters = operations.flatMap((operation) => operation.parameters);
  // Use the first security scheme, the access token, because an app signature needs more than a header with a variable.
  const scheme = operations[0]?.security[0]?.[0];
  if (!scheme) throw new Error('the contract has no way to authenticate');
  const toItem = (operation: Described): object => itemOf(operation, fieldsMadeBy(operation, parameters));
  const folders = document.tags.map(({ name, description }) => ({
    name,
    description,
    item: operations.filter((operation) => !removes(operation) && operation.tags.includes(name)).map(toItem),
  }));
  const removing = operations.filter(removes).toReversed().map(toItem);
  return {
    info: infoOf(document),
    auth: authOf(scheme),
    event: [scriptOf('prerequest', setDate(parameters)), scriptOf('test', expectSuccess)],
    variable: variablesOf(document, scheme, parameters),
    item: [
      ...folders,
      { name: 'Clean up', description: 'Removes what the other folders have created.', item: removing },
    ],
  };
}

function inDocumentOrder(document: Document): Described[] {
  const operations = new Map(readContract(document).operations.map((operation) => [operation.pointer, operation]));
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).flatMap((method) => {
      const operation = operations.get(pointerTo('paths', path, method));
      return operation ? [{ ...(find(document, operation.pointer).value as Described), ...operation }] : [];
    }),
  );
}

const removes = ({ method }: Operation): boolean => method === 'DELETE';

const howToRun = [
  'Set the variables `baseUrl`, `userId` and `accessToken`, and run the folders from top to bottom.',
  'The ids in answers, such as that of a lock, go into variables, and the requests that follow send these.',
];

function infoOf({ info: { title, version, summary = '' } }: Document): object {
  // Some importers do not recognise a collection without an id. With a constant id, Postman can replace an older
  // import.
  const [, ...id] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(createHash('sha256').update(title).digest('hex')) ?? [];
  const [first, second, third, fourth, fifth] = id;
  return {
    _postman_id: `${first}-${second}-8${third}-8${fourth}-${fifth}`,
    name: title,
    version,
    description: [`${summary} Unofficial: not affiliated with the vendor.`, ...howToRun].join('\n\n'),
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  };
}

function authOf(scheme: SecurityScheme): object {
  const fields = { key: scheme.header, value: `Bearer+{{${scheme.name}}}`, in: 'header' };
  return { type: 'apikey', apikey: Object.entries(fields).map(([key, value]) => ({ key, value, type: 'string' })) };
}

function variablesOf({ servers }: Document, scheme: SecurityScheme, parameters: Parameter[]): object[] {
  const values = new Map<string, unknown>();
  // Use the last server, which is the local mock, because a first run must not reach the vendor.
  values.set('baseUrl', servers.at(-1)?.url).set(scheme.name, 'any-token');
  for (const parameter of parameters) {
    const name = variableOf(parameter);
    if (name !== undefined && !values.has(name)) values.set(name, parameter.example);
  }
  return [...values].map(([key, value]) => ({ key, value: `${value}` }));
}

/** The variable that holds a parameter's value; `undefined` if the caller types the value. */
function variableOf({
  madeBy,
  isSetByClient,
  pointer,
}: Pick<Parameter, 'madeBy' | 'isSetByClient' | 'pointer'>): string | undefined {
  if (madeBy) return nameIn(madeBy.field);
  if (!isSetByClient) return undefined;
  const component = pointer.slice(pointer.lastIndexOf('/') + 1);
  return component.charAt(0).toLowerCase() + component.slice(1);
}

/** The last name of a field such as `data.lockId`. */
const nameIn = (field: string): string => field.slice(field.lastIndexOf('.') + 1);

function fieldsMadeBy({ id }: Operation, parameters: Parameter[]): string[] {
  const fields = parameters.flatMap(({ madeBy }) => (madeBy?.operation === id ? [madeBy.field] : []));
  return [...new Set(fields)];
}

const scriptOf = (listen: 'prerequest' | 'test', ...exec: string[]): object => ({
  listen,
  script: { type: 'text/javascript', exec },
});

function setDate(parameters: Parameter[]): string {
  const date = parameters.find(({ name }) => name === dateHeader);
  if (!date) throw new Error(`the contract has no ${dateHeader}`);
  // Cut off fractions of a second, and do not round, because the time must not be ahead of the provider's.
  return `pm.variables.set('${variableOf(date)}', new Date().toISOString().replace(/[-:]|\\.\\d+/g, ''));`;
}

const expectSuccess = "pm.test('The answer is a success', () => pm.expect(pm.response.json().code).to.equal(0));";

/**
 * Stores a field of an answer in a variable, if the answer has it. The last page of a list, for example, has no cursor.
 */
const store = (field: string): string[] => [
  `const ${nameIn(field)} = pm.response.json().${field.replaceAll('.', '?.')};`,
  `if (${nameIn(field)} !== undefined) pm.collectionVariables.set('${nameIn(field)}', ${nameIn(field)});`,
];

function itemOf(operation: Described, fields: string[]): object {
  const request = requestOf(operation);
  return {
    name: operation.summary,
    ...(fields.length > 0 && { event: [scriptOf('test', ...fields.flatMap(store))] }),
    request,
    response: savedResponses(operation, request),
  };
}

function requestOf({ method, path, description, parameters, body }: Described): object {
  const pairs = (place: Parameter['in']): Pair[] =>
    parameters.filter((parameter) => parameter.in === place).map(pairOf);
  const segments = path
    .slice(1)
    .replaceAll(/\{(.*?)\}/g, ':$1')
    .split('/');
  const query = pairs('query');
  const sent = query.filter(({ disabled }) => !disabled).map(({ key, value }) => `${key}=${value}`);
  return {
    method,
    description,
    header: [...pairs('header'), ...(body ? [contentType] : [])],
    url: {
      raw: `{{baseUrl}}/${segments.join('/')}${sent.length > 0 ? `?${sent.join('&')}` : ''}`,
      host: ['{{baseUrl}}'],
      path: segments,
      query,
      variable: pairs('path'),
    },
    ...(body && { body: { mode: 'raw', raw: json(withVariables(body.schema, body.example)), options } }),
  };
}

const contentType = { key: 'Content-Type', value: mediaType };
const options = { raw: { language: 'json' } };
const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** A parameter of a request. Postman shows a disabled one, but does not send it. */
interface Pair {
  key: string;
  value: string;
  disabled?: boolean;
}

function pairOf(parameter: Parameter): Pair {
  const variable = variableOf(parameter);
  const value = variable === undefined ? `${parameter.example}` : `{{${variable}}}`;
  return { key: parameter.name, value, ...(!parameter.required && { disabled: true }) };
}

/** Replaces each value of an example that only another operation creates by the variable for that value. */
function withVariables(schema: Schema, example: unknown): unknown {
  const made = schema['x-made-by'];
  if (made) return `{{${nameIn(made.field)}}}`;
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return example;
  const fields = Object.entries(example);
  return Object.fromEntries(
    fields.map(([name, value]) => [name, withVariables(schema.properties?.[name] ?? {}, value)]),
  );
}

/** The contract's examples of answers. Those of `default` are left out, because they have no status. */
function savedResponses({ responses }: Operation, originalRequest: object): object[] {
  return Object.entries(responses).flatMap(([status, { examples }]) =>
    status in STATUS_CODES
      ? Object.entries(examples).map(([name, example]) => ({
          name: `${status} ${name}`,
          originalRequest,
          status: STATUS_CODES[status],
          code: Number(status),
          header: [contentType],
          _postman_previewlanguage: 'json',
          body: json(example),
        }))
      : [],
  );
}
