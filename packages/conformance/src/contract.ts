import { contractKey, createContractAjv } from '@koodrive-backup/spec/ajv';
import {
  mediaType,
  type Operation,
  type Parameter,
  readOperations,
  type Validate,
} from '@koodrive-backup/spec/contract';

/** A schema of the contract, as far as requests are made from it. */
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
  contentMediaType?: string;
  example?: unknown;
}

/** A parameter, with what requests are made from. */
export interface ParameterFacts extends Parameter {
  schema: Schema;
  example: unknown;
  /** A JSON pointer into the contract. */
  pointer: string;
}

/** An operation, with what requests are made from and answers are held against. */
export interface ContractOperation extends Operation {
  /** A JSON pointer into the contract. */
  pointer: string;
  parameters: ParameterFacts[];
  request?: {
    schema: Schema;
    pointer: string;
    examples: Record<string, unknown>;
  };
  /** The answers by status, `default` among them. */
  responses: Record<string, { pointer: string; schema: Schema; validate: Validate }>;
  /** How a list is paged through, where the operation gives one. */
  pagination?: { cursor: string; nextCursor: string; items: string };
}

/** The contract, read for the suite. */
export interface Contract {
  title: string;
  version: string;
  operations: ContractOperation[];
}

interface OperationObject {
  parameters?: object[];
  requestBody?: object;
  responses: Record<string, object>;
  'x-pagination'?: NonNullable<ContractOperation['pagination']>;
}

interface MediaTypeObject {
  schema: object;
  example?: unknown;
  examples?: Record<string, object>;
}

/**
 * Reads what the suite needs of a contract, so that an operation is covered from the day that it is written.
 *
 * @param document An OpenAPI 3.1 document, bundled.
 */
export function readContract(document: object): Contract {
  const ajv = createContractAjv(document);
  const { info } = document as { info: { title: string; version: string } };

  function read(operation: Operation): ContractOperation {
    const pointer = pointerTo('paths', operation.path, operation.method.toLowerCase());
    const {
      parameters = [],
      requestBody,
      responses,
      'x-pagination': pagination,
    } = at(document, pointer).value as OperationObject;
    const facts = parameters.map((_, i) => parameterFacts(document, `${pointer}/parameters/${i}`));
    return {
      ...operation,
      pointer,
      parameters: operation.parameters.map((parameter) => {
        const found = facts.find(({ name, in: place }) => name === parameter.name && place === parameter.in);
        if (!found) throw new Error(`the contract's parameter ${parameter.name} of ${operation.id} cannot be read`);
        return { ...parameter, ...found };
      }),
      ...(requestBody && { request: readRequestBody(`${pointer}/requestBody`) }),
      responses: Object.fromEntries(
        Object.keys(responses).map((status) => [status, readResponse(`${pointer}/responses/${status}`)]),
      ),
      ...(pagination && { pagination }),
    };
  }

  function readRequestBody(pointer: string): NonNullable<ContractOperation['request']> {
    const media = at(document, `${at(document, pointer).pointer}${pointerTo('content', mediaType)}`);
    const { schema, examples = {} } = media.value as MediaTypeObject;
    return {
      schema: dereferenced(document, schema),
      pointer: `${media.pointer}/schema`,
      examples: Object.fromEntries(
        Object.keys(examples).map((name) => [
          name,
          (at(document, `${media.pointer}${pointerTo('examples', name)}`).value as { value: unknown }).value,
        ]),
      ),
    };
  }

  function readResponse(pointer: string): ContractOperation['responses'][string] {
    const { pointer: found } = at(document, pointer);
    const schemaPointer = `${found}${pointerTo('content', mediaType, 'schema')}`;
    const compiled = ajv.getSchema(`${contractKey}#${uriFragment(schemaPointer)}`);
    if (!compiled) throw new Error(`the contract has no schema at ${schemaPointer}`);
    return { pointer: found, schema: dereferenced(document, at(document, schemaPointer).value), validate: compiled };
  }

  return { title: info.title, version: info.version, operations: readOperations(document).map(read) };
}

function parameterFacts(document: object, pointer: string): Omit<ParameterFacts, 'required' | 'type' | 'validate'> {
  const found = at(document, pointer);
  const { name, in: place, schema, example } = found.value as ParameterFacts;
  const facts = dereferenced(document, schema);
  return { name, in: place, schema: facts, example: example ?? facts.example, pointer: found.pointer };
}

/** A JSON pointer (RFC 6901, section 3). */
export function pointerTo(...tokens: string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const uriFragment = (pointer: string): string => pointer.split('/').map(encodeURIComponent).join('/');

function at(document: object, pointer: string): { pointer: string; value: object } {
  let value: unknown = document;
  for (const token of pointer.split('/').slice(1)) {
    value = (value as Record<string, unknown> | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  if (typeof value !== 'object' || value === null) throw new Error(`the contract has nothing at ${pointer}`);
  if ('$ref' in value) return at(document, String(value.$ref).slice(1));
  return { pointer, value };
}

/** A schema with every reference in it replaced by what it names. */
function dereferenced(document: object, node: object): Schema {
  const { value } = '$ref' in node ? at(document, String(node.$ref).slice(1)) : { value: node };
  const { properties, items, ...schema } = value as Schema;
  return {
    ...schema,
    ...(items && { items: dereferenced(document, items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, dereferenced(document, property)]),
      ),
    }),
  };
}
