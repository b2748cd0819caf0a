import type { Ajv } from './ajv.ts';

/** Checks a value against a schema of the contract, and keeps the violations in `errors`. */
export type Validate = NonNullable<ReturnType<Ajv['getSchema']>>;

/** The contract. Each reference in it is replaced by what it names. */
export interface Contract {
  title: string;
  version: string;
  /** Operations without path parameters first: they win if two paths fit (OpenAPI 3.1, section 4.8.8.2). */
  operations: Operation[];
}

/** An Operation Object (OpenAPI 3.1, section 4.8.10). */
export interface Operation {
  /** Its operationId. */
  id: string;
  /** In capitals. */
  method: string;
  /** The path template, as the contract has it. */
  path: string;
  /** A JSON pointer into the contract. */
  pointer: string;
  /** Alternatives, of which one must be complete. None if no credential is needed. */
  security: SecurityScheme[][];
  /** The headers that carry the credential, by alternatives. */
  credentials: string[][];
  /** The headers that count, spelled as the contract spells them: those of credentials, parameters and the body. */
  headers: string[];
  /** Its own and those of its path that it does not override. */
  parameters: Parameter[];
  body?: Body;
  /** The answers by status, `default` among them. */
  responses: Record<string, Response>;
  /** How a list is paged through, if the operation returns one. */
  pagination?: { cursor: string; nextCursor: string; items: string };
}

/** A Security Scheme Object of type apiKey, in a header. */
export interface SecurityScheme {
  /** By which operations ask for it. */
  name: string;
  header: string;
  description: string;
}

/** A header, or a parameter in path or query. */
export interface Parameter {
  in: 'header' | 'path' | 'query';
  /** Spelled as the contract spells it. */
  name: string;
  required: boolean;
  /** Whether authentication sets it, so that no caller types it (`x-set-by-client`). */
  isSetByClient: boolean;
  /** Which answer has its values, if only the provider can make them (`x-made-by`, its own or that of its schema). */
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
  /** Those that have a name. */
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
  /** Those that have a name. */
  examples: Record<string, unknown>;
  /** The first one, named or not; `undefined` if the contract has none. */
  example: unknown;
  /** Compiled when it is first read: a provider never needs it. */
  readonly validate: Validate;
}

/** Where a value is made that nobody else can make, as an id. */
export interface MadeBy {
  /** The operationId. */
  operation: string;
  /** The field of a success, as `data.lockId`. */
  field: string;
}

/** A Schema Object, as far as programs read it. */
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
