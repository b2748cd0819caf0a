import type { Ajv } from './ajv.ts';

/** The media type of every body in the contract. */
export const mediaType = 'application/json';

/** A function that checks a value against a schema of the contract. Its property `errors` then has the violations. */
export type Validate = NonNullable<ReturnType<Ajv['getSchema']>>;

/** The contract. Each reference in it is replaced by the object that it refers to. */
export interface Contract {
  title: string;
  version: string;
  /**
   * Operations without path parameters come first, because they win if two paths match (OpenAPI 3.1, section 4.8.8.2).
   */
  operations: Operation[];
}

/** An Operation Object (OpenAPI 3.1, section 4.8.10). */
export interface Operation {
  /** The operationId. */
  id: string;
  /** The HTTP method in capitals. */
  method: string;
  /** The path template, as the contract has it. */
  path: string;
  /** A JSON pointer into the contract. */
  pointer: string;
  /** Alternatives: a request needs all schemes of one of them. Empty if the operation needs no credential. */
  security: SecurityScheme[][];
  /** The names of the headers with the credential, for each alternative of `security`. */
  credentials: string[][];
  /** The headers that the operation uses, spelled as in the contract: those of credentials, parameters and the body. */
  headers: string[];
  /** The parameters of the operation, and those of its path that it does not override. */
  parameters: Parameter[];
  body?: Body;
  /** The answers by status, including `default`. */
  responses: Record<string, Response>;
  /** The names of the fields for paging, if the operation returns pages of a list (`x-pagination`). */
  pagination?: { cursor: string; nextCursor: string; items: string };
}

/** A Security Scheme Object of type apiKey, in a header. */
export interface SecurityScheme {
  /** The name by which operations refer to the scheme. */
  name: string;
  header: string;
  description: string;
}

/** A header, or a parameter in the path or the query. */
export interface Parameter {
  in: 'header' | 'path' | 'query';
  /** The name, spelled as in the contract. */
  name: string;
  required: boolean;
  /** Whether authentication sets it, so that no caller types it (`x-set-by-client`). */
  isSetByClient: boolean;
  /**
   * The field of an answer with the parameter's values, if only the provider can create them (`x-made-by` of the
   * parameter or its schema).
   */
  madeBy?: MadeBy;
  /** A JSON pointer into the contract. */
  pointer: string;
  schema: Schema;
  /** `undefined` if the contract has none. */
  example: unknown;
  validate: Validate;
}

/** A Request Body Object, in JSON. */
export interface Body {
  required: boolean;
  /** A JSON pointer to its schema. */
  pointer: string;
  schema: Schema;
  /** The examples that have a name. */
  examples: Record<string, unknown>;
  /** The first one, named or not; `undefined` if the contract has none. */
  example: unknown;
  validate: Validate;
}

/** A Response Object, in JSON. */
export interface Response {
  /** A JSON pointer into the contract. */
  pointer: string;
  schema: Schema;
  /** The examples that have a name. */
  examples: Record<string, unknown>;
  /** The first one, named or not; `undefined` if the contract has none. */
  example: unknown;
  /** Compiled when it is first read, because a provider never needs it. */
  readonly validate: Validate;
}

/** The source of a value that only the provider can create, such as an id. */
export interface MadeBy {
  /** The operationId of the operation that creates the value. */
  operation: string;
  /** The field of its success that has the value, such as `data.lockId`. */
  field: string;
}

/** The parts of a Schema Object that programs read. */
export interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  contentMediaType?: string;
  example?: unknown;
  'x-made-by'?: MadeBy;
}

/** Returns the operations at the path of a request. */
export function operationsAt(operations: Operation[], segments: string[]): Operation[] {
  return operations.filter(({ path }) => {
    const template = path.split('/');
    return template.length === segments.length && template.every((part, i) => isName(part) || part === segments[i]);
  });
}

/** Returns the parameters in the path of a request to an operation, by name. */
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
