import { METHODS } from 'node:http';
import { type Ajv, contractKey, createContractAjv } from './ajv.ts';
import {
  type Body,
  type Contract,
  type MadeBy,
  mediaType,
  type Operation,
  type Parameter,
  type Response,
  type Schema,
  type SecurityScheme,
  type Validate,
} from './operation.ts';
import { createResolver, find, fragmentOf, pointerTo } from './resolve.ts';

export * from './operation.ts';
export { find, fragmentOf, pointerTo } from './resolve.ts';

/** The document to read, and the tools to read it with. */
interface Source {
  document: Document;
  ajv: Ajv;
  /** The schema at a JSON pointer, without references. */
  resolve: (pointer: string) => Schema;
}

interface Document {
  info: { title: string; version: string };
  paths: Record<string, object>;
  security?: Record<string, string[]>[];
}

interface OperationObject {
  operationId: string;
  parameters?: object[];
  requestBody?: object;
  responses?: Record<string, object>;
  security?: Record<string, string[]>[];
  'x-pagination'?: NonNullable<Operation['pagination']>;
}

interface ParameterObject extends ExampleHolder {
  in: string;
  name: string;
  required?: boolean;
  'x-set-by-client'?: boolean;
  'x-made-by'?: MadeBy;
}

/** A Parameter Object or a Media Type Object. */
interface ExampleHolder {
  example?: unknown;
  examples?: Record<string, object>;
}

/**
 * Reads a contract.
 *
 * @param document An OpenAPI 3.1 document, bundled.
 * @throws Error if the contract contains something that this package cannot check, so that nothing stays unchecked
 *   without notice.
 */
export function readContract(document: object): Contract {
  const source: Source = {
    document: document as Document,
    ajv: createContractAjv(document),
    resolve: createResolver(document),
  };
  const { info, paths } = source.document;
  const operations = Object.keys(paths).flatMap((path) => readPath(source, path));
  operations.sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  return { title: info.title, version: info.version, operations };
}

function readPath(source: Source, path: string): Operation[] {
  const at = pointerTo('paths', path);
  const item = find(source.document, at).value;
  const shared = readParameters(source, at);
  const methods = METHODS.filter((method) => method.toLowerCase() in item);
  return methods.map((method) => readOperation(source, { path, method, shared }));
}

function readOperation(
  source: Source,
  { path, method, shared }: { path: string; method: string; shared: Parameter[] },
): Operation {
  const pointer = pointerTo('paths', path, method.toLowerCase());
  const object = find(source.document, pointer).value as OperationObject;
  const { 'x-pagination': pagination } = object;
  const security = readSecurity(source, object);
  const credentials = security.map((schemes) => schemes.map(({ header }) => header));
  const parameters = withoutOverridden(shared, readParameters(source, pointer));
  const inHeader = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  return {
    id: object.operationId,
    method,
    path,
    pointer,
    security,
    credentials,
    headers: [...new Set([...credentials.flat(), ...inHeader, 'Content-Type'])],
    parameters,
    ...(object.requestBody && { body: readBody(source, `${pointer}/requestBody`) }),
    responses: readResponses(source, pointer, object),
    ...(pagination && { pagination }),
  };
}

function readSecurity(
  { document }: Source,
  { security = document.security ?? [] }: OperationObject,
): SecurityScheme[][] {
  return security.map((schemes) => Object.keys(schemes).map((name) => readScheme(document, name)));
}

function readScheme(document: object, name: string): SecurityScheme {
  const { value } = find(document, pointerTo('components', 'securitySchemes', name));
  const { type, in: place, name: header, description = '' } = value as Record<string, string | undefined>;
  if (type !== 'apiKey' || place !== 'header' || !header) throw new Error(`cannot check the security scheme ${name}`);
  return { name, header, description };
}

/** Reads the parameters of a Path Item Object or an Operation Object. */
function readParameters(source: Source, holder: string): Parameter[] {
  const { parameters = [] } = find(source.document, holder).value as { parameters?: object[] };
  return parameters.map((_, i) => readParameter(source, `${holder}/parameters/${i}`));
}

function withoutOverridden(shared: Parameter[], own: Parameter[]): Parameter[] {
  const isOverridden = ({ in: place, name }: Parameter): boolean => own.some((p) => p.in === place && p.name === name);
  return [...shared.filter((parameter) => !isOverridden(parameter)), ...own];
}

function readParameter(source: Source, at: string): Parameter {
  const { pointer, value } = find(source.document, at);
  const parameter = value as ParameterObject;
  const { in: place, name, required = false, 'x-set-by-client': isSetByClient = false } = parameter;
  if (place !== 'header' && place !== 'path' && place !== 'query') {
    throw new Error(`cannot check the parameter ${name}, because it is in ${place}`);
  }
  const { schema, validate } = readSchema(source, `${pointer}/schema`);
  const { example } = readExamples(source, pointer, schema);
  const madeBy = parameter['x-made-by'] ?? schema['x-made-by'];
  const made = madeBy && { madeBy };
  return { in: place, name, required, isSetByClient, ...made, pointer, schema, example, validate: validate() };
}

function readBody(source: Source, at: string): Body {
  const { pointer, value } = find(source.document, at);
  const { required = false } = value as { required?: boolean };
  const json = find(source.document, `${pointer}${pointerTo('content', mediaType)}`).pointer;
  const { schema, validate } = readSchema(source, `${json}/schema`);
  const examples = readExamples(source, json, schema);
  return { required, pointer: `${json}/schema`, schema, ...examples, validate: validate() };
}

function readResponses(source: Source, pointer: string, { responses = {} }: OperationObject): Operation['responses'] {
  const statuses = Object.keys(responses);
  return Object.fromEntries(statuses.map((status) => [status, readResponse(source, `${pointer}/responses/${status}`)]));
}

function readResponse(source: Source, at: string): Response {
  const { pointer } = find(source.document, at);
  const json = find(source.document, `${pointer}${pointerTo('content', mediaType)}`).pointer;
  const { schema, validate } = readSchema(source, `${json}/schema`);
  return {
    pointer,
    schema,
    ...readExamples(source, json, schema),
    get validate() {
      return validate();
    },
  };
}

function readSchema({ document, ajv, resolve }: Source, at: string): { schema: Schema; validate: () => Validate } {
  const { pointer } = find(document, at);
  return { schema: resolve(pointer), validate: () => compile(ajv, pointer) };
}

/** Returns the compiled schema at a pointer. Ajv compiles each schema only once. */
function compile(ajv: Ajv, pointer: string): Validate {
  const validate = ajv.getSchema(`${contractKey}#${fragmentOf(pointer)}`);
  if (!validate) throw new Error(`the contract has no schema at ${pointer}`);
  return validate;
}

function readExamples({ document }: Source, holder: string, schema: Schema): Pick<Body, 'example' | 'examples'> {
  const { example, examples = {} } = find(document, holder).value as ExampleHolder;
  const named = Object.keys(examples).map((name): [string, unknown] => {
    const { value } = find(document, `${holder}${pointerTo('examples', name)}`).value as { value?: unknown };
    return [name, value];
  });
  return { examples: Object.fromEntries(named), example: named[0]?.[1] ?? example ?? schema.example };
}
