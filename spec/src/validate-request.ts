import type { IncomingMessage } from 'node:http';
import { type Body, mediaType, type Operation, type Parameter, type Validate } from './operation.ts';

// This file imports no module of Node and no Ajv at run time, because the docs run it in browsers.

/** All values of each header of a request, by the name in lower case. */
export type Headers = IncomingMessage['headersDistinct'];

/** The parts of a request that the contract defines. */
export interface Input {
  /** The parameters in the path, percent-decoded. */
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: Headers;
  body: Uint8Array;
}

/**
 * Returns a violation for each credential header that is missing or empty; none if one of the alternatives is complete.
 */
export function missingCredentials({ credentials }: Operation, headers: Headers): string[] {
  const missing = credentials.map((names) => names.filter((name) => !sent(headers, name).some(Boolean)));
  if (missing.some((names) => names.length === 0)) return [];
  return [...new Set(missing.flat())].map((name) => `header.${name} is missing or empty`);
}

/**
 * Returns why the body cannot be read as the contract's media type; `undefined` if it can be. A request without
 * Content-Type counts as having that type (errata, E11).
 */
export function mediaTypeViolation({ body }: Operation, headers: Headers): string | undefined {
  if (!body) return undefined;
  const [type = mediaType] = sent(headers, 'Content-Type');
  if (!isJsonInUtf8(type)) return `header.Content-Type must be ${mediaType}, in UTF-8`;
  const [encoding = 'identity'] = sent(headers, 'Content-Encoding');
  if (encoding.toLowerCase() !== 'identity') return 'header.Content-Encoding must be identity';
  return undefined;
}

/** The values of a request, by the names in the contract. A value that was not sent is `undefined`. */
export interface Values {
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  header: Record<string, unknown>;
  body: unknown;
}

/** The result of reading a request. */
export interface Reading {
  /**
   * Everything in the request that violates the contract: headers and parameters in the contract's order, then the
   * body.
   */
  violations: string[];
  /** If there are no violations, each value matches its schema. */
  values: Values;
}

/** Reads a request to an operation, and checks it against the contract. */
export function readRequest(operation: Operation, input: Input): Reading {
  const violations = repeatedHeaders(operation, input).map((name) => `header.${name} must be sent once`);
  const values: Values = { path: {}, query: {}, header: {}, body: undefined };
  for (const parameter of operation.parameters) {
    values[parameter.in][parameter.name] = readParameter(parameter, input, violations);
  }
  if (operation.body) values.body = readBody(operation.body, input.body, violations);
  return { violations, values };
}

function sent(headers: Headers, name: string): string[] {
  return headers[name.toLowerCase()] ?? [];
}

function isJsonInUtf8(contentType: string): boolean {
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return type === mediaType && (charset === undefined || /^"?utf-8"?$/.test(charset));
}

const repeatedHeaders = ({ headers }: Operation, input: Input): string[] =>
  headers.filter((name) => sent(input.headers, name).length > 1);

function readParameter(parameter: Parameter, input: Input, violations: string[]): unknown {
  const { in: place, name, required, schema, validate } = parameter;
  const [text, ...more] = texts(parameter, input);
  if (more.length > 0) {
    // Repeated headers are already among the violations.
    if (place !== 'header') violations.push(`${place}.${name} must be sent once`);
    return undefined;
  }
  if (!text && required) {
    violations.push(`${place}.${name} is missing or empty`);
    return undefined;
  }
  if (text === undefined) return undefined;
  const value = fromText(text, schema.type);
  violations.push(...schemaViolations(validate, value, `${place}.${name}`));
  return value;
}

function texts({ in: place, name }: Parameter, { headers, query, path }: Input): (string | undefined)[] {
  if (place === 'header') return sent(headers, name);
  return place === 'query' ? query.getAll(name) : [path[name]];
}

/** Converts the text of a parameter to a number or a boolean if its schema has that type and the text is one. */
function fromText(text: string, type: string | undefined): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

// A byte order mark is no JSON (RFC 8259, section 8.1), so it stays in the text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readBody(body: Body, bytes: Uint8Array, violations: string[]): unknown {
  if (bytes.length === 0) {
    if (body.required) violations.push('body is missing');
    return undefined;
  }
  const text = textOf(bytes);
  if (text === undefined) {
    violations.push('body is not JSON: it is not UTF-8');
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    violations.push(...schemaViolations(body.validate, value, 'body'));
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    violations.push(`body is not JSON: ${withoutSource(error.message)}`);
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Removes the quote from a message of `JSON.parse`: V8 quotes the text around the fault, which may be a secret. */
function withoutSource(message: string): string {
  return message.replace(/(, )?(\.\.\.)?".*/s, '') || 'unexpected text';
}

/**
 * Validates a value with a schema of the contract, and describes each violation in words.
 *
 * @param validate The compiled schema.
 * @param place The name of the value, such as `body`. Each violation begins with it and the path to the fault.
 * @returns A text for each violation; none if the value matches the schema.
 */
export function schemaViolations(validate: Validate, value: unknown, place: string): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, keyword, message, params }) => {
    const where = place + instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
    if (keyword === 'required') return `${where}.${params.missingProperty} is missing`;
    if (keyword === 'enum') return `${where} ${message}: ${params.allowedValues.join(', ')}`;
    return `${where} ${message}`;
  });
}
