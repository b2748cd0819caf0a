import { METHODS } from 'node:http';
import { contractKey, createContractAjv } from './ajv.ts';

/** The media type of every body that the contract knows. */
export const mediaType = 'application/json';

type Ajv = ReturnType<typeof createContractAjv>;

/** Tells whether a value keeps to a schema of the contract, and keeps the violations in `errors`. */
export type Validate = NonNullable<ReturnType<Ajv['getSchema']>>;

/** What a request to an operation must look like, drawn from the contract. */
export interface Operation {
  /** Its operationId. */
  id: string;
  /** In capitals. */
  method: string;
  /** The path template, as the contract has it. */
  path: string;
  /** The headers that carry the credential: alternatives, of which one must be complete. None where none is needed. */
  credentials: string[][];
  /** The headers that count, spelled as the contract spells them: those of credentials, parameters and the body. */
  headers: string[];
  parameters: Parameter[];
  body?: { required: boolean; validate: Validate };
}

/** A header, or a parameter in path or query. */
export interface Parameter {
  in: 'header' | 'path' | 'query';
  /** Spelled as the contract spells it. */
  name: string;
  required: boolean;
  /** The schema's `type`. */
  type: unknown;
  validate: Validate;
}

interface ParameterObject {
  in: Parameter['in'];
  name: string;
  required?: boolean;
}

interface OperationObject {
  operationId: string;
  parameters?: object[];
  requestBody?: object;
  security?: Record<string, string[]>[];
}

interface PathItemObject extends Record<string, unknown> {
  parameters?: object[];
}

interface Document {
  paths: Record<string, PathItemObject>;
  security?: Record<string, string[]>[];
}

/**
 * Reads the operations of a contract.
 *
 * @param contract An OpenAPI 3.1 document, bundled.
 * @returns Operations without path parameters first: they win where two paths fit (OpenAPI 3.1, section 4.8.8.2).
 * @throws Error where the contract has what cannot be checked here, so that nothing passes unchecked.
 */
export function readOperations(contract: object): Operation[] {
  const ajv = createContractAjv(contract);
  const { paths } = contract as Document;
  return Object.entries(paths)
    .flatMap(([path, item]) => {
      const methods = METHODS.filter((method) => method.toLowerCase() in item);
      return methods.map((method) => readOperation(contract as Document, ajv, path, method));
    })
    .sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
}

/** The operations that the contract has at a request's path. */
export function operationsAt(operations: Operation[], segments: string[]): Operation[] {
  return operations.filter(({ path }) => {
    const template = path.split('/');
    return template.length === segments.length && template.every((part, i) => isName(part) || part === segments[i]);
  });
}

/** The parameters in the path of a request to an operation, by name. */
export function pathValues({ path }: Operation, segments: string[]): Record<string, string> {
  const values: Record<string, string> = {};
  path.split('/').forEach((part, i) => {
    if (isName(part)) values[part.slice(1, -1)] = segments[i] ?? '';
  });
  return values;
}

function isName(part: string): boolean {
  return part.startsWith('{') && part.endsWith('}');
}

function readOperation(contract: Document, ajv: Ajv, path: string, method: string): Operation {
  const itemPointer = pointer('paths', path);
  const operationPointer = `${itemPointer}/${method.toLowerCase()}`;
  const { value } = follow(contract, operationPointer);
  const { operationId, parameters = [], requestBody, security = contract.security ?? [] } = value as OperationObject;
  const shared = contract.paths[path]?.parameters ?? [];
  const own = parameters.map((_, i) => readParameter(contract, ajv, `${operationPointer}/parameters/${i}`));
  const inherited = shared.map((_, i) => readParameter(contract, ajv, `${itemPointer}/parameters/${i}`));
  const overridden = ({ in: place, name }: Parameter): boolean => own.some((p) => p.in === place && p.name === name);
  const all = [...inherited.filter((parameter) => !overridden(parameter)), ...own];
  const credentials = security.map((schemes) => Object.keys(schemes).map((name) => credentialHeader(contract, name)));
  const inHeader = all.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  return {
    id: operationId,
    method,
    path,
    credentials,
    headers: [...new Set([...credentials.flat(), ...inHeader, 'Content-Type'])],
    parameters: all,
    ...(requestBody && { body: readRequestBody(contract, ajv, `${operationPointer}/requestBody`) }),
  };
}

function readParameter(contract: object, ajv: Ajv, at: string): Parameter {
  const found = follow(contract, at);
  const { in: place, name, required = false } = found.value as ParameterObject;
  const schema = follow(contract, `${found.pointer}/schema`);
  const { type } = schema.value as { type?: unknown };
  return { in: place, name, required, type, validate: compile(ajv, schema.pointer) };
}

function readRequestBody(contract: object, ajv: Ajv, at: string): NonNullable<Operation['body']> {
  const found = follow(contract, at);
  const { required = false } = found.value as { required?: boolean };
  return { required, validate: compile(ajv, `${found.pointer}${pointer('content', mediaType, 'schema')}`) };
}

function credentialHeader(contract: object, scheme: string): string {
  const { value } = follow(contract, pointer('components', 'securitySchemes', scheme));
  const { type, in: place, name } = value as { type: string; in?: string; name?: string };
  if (type !== 'apiKey' || place !== 'header' || !name) throw new Error(`cannot check the security scheme ${scheme}`);
  return name;
}

function compile(ajv: Ajv, at: string): Validate {
  const validate = ajv.getSchema(`${contractKey}#${at}`);
  if (!validate) throw new Error(`the contract has no schema at ${at}`);
  return validate;
}

/** A JSON Pointer as a URI fragment (RFC 6901, section 6), the form in which references and Ajv have it. */
function pointer(...tokens: string[]): string {
  return tokens.map((token) => `/${encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

/** What stands at a place of the contract, and the pointer to it, once a reference there has been followed. */
export function follow(contract: object, at: string): { pointer: string; value: object } {
  let value: unknown = contract;
  for (const token of at.split('/').slice(1)) {
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as Record<string, unknown> | undefined)?.[key];
  }
  if (typeof value !== 'object' || value === null) throw new Error(`the contract has nothing at ${at}`);
  if ('$ref' in value) return follow(contract, String(value.$ref).slice(1));
  return { pointer: at, value };
}
