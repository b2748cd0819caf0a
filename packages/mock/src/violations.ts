import type { IncomingMessage } from 'node:http';
import { type Operation, type Parameter, pathValue, type Validate } from './operations.ts';
import { mediaType } from './refusal.ts';

/** All values that were sent of each header, by its name in lower case. */
export type Headers = IncomingMessage['headersDistinct'];

/** A request, as far as the contract says how it must look. */
export interface Input {
  /** The path, split at its slashes and percent-decoded. */
  segments: string[];
  query: URLSearchParams;
  headers: Headers;
  body: Buffer;
}

/** The headers of the credential that are missing or empty, where no alternative is complete. */
export function missingCredentials({ credentials }: Operation, headers: Headers): string[] {
  const missing = credentials.map((names) => names.filter((name) => !sent(headers, name).some(Boolean)));
  if (missing.some((names) => names.length === 0)) return [];
  return [...new Set(missing.flat())].map((name) => `header.${name} is missing or empty`);
}

/**
 * Why the body cannot be read as the contract's media type. A request without Content-Type is taken to have it
 * (errata, E11).
 */
export function mediaTypeViolation({ body }: Operation, headers: Headers): string | undefined {
  if (!body) return undefined;
  const [type = mediaType] = sent(headers, 'Content-Type');
  if (!isJsonInUtf8(type)) return `header.Content-Type must be ${mediaType}, in UTF-8`;
  const [encoding = 'identity'] = sent(headers, 'Content-Encoding');
  if (encoding.toLowerCase() !== 'identity') return 'header.Content-Encoding must be identity';
  return undefined;
}

/** All that the contract has against a request: headers and parameters in its order, then the body. */
export function violations(operation: Operation, input: Input): string[] {
  return [
    ...repeatedHeaders(operation, input).map((name) => `header.${name} must be sent once`),
    ...operation.parameters.flatMap((parameter) => parameterViolations(operation, parameter, input)),
    ...bodyViolations(operation, input.body),
  ];
}

function sent(headers: Headers, name: string): string[] {
  return headers[name.toLowerCase()] ?? [];
}

function isJsonInUtf8(contentType: string): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return type === mediaType && (charset === undefined || /^"?utf-8"?$/.test(charset));
}

function repeatedHeaders({ credentials, parameters }: Operation, { headers }: Input): string[] {
  const inHeader = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  const names = new Set([...credentials.flat(), ...inHeader, 'Content-Type']);
  return [...names].filter((name) => sent(headers, name).length > 1);
}

function parameterViolations(operation: Operation, parameter: Parameter, input: Input): string[] {
  const { in: place, name, required, type, validate } = parameter;
  const [text, ...more] = texts(operation, parameter, input);
  // A repeated header is told of already.
  if (more.length > 0) return place === 'header' ? [] : [`${place}.${name} must be sent once`];
  if (!text && required) return [`${place}.${name} is missing or empty`];
  if (text === undefined) return [];
  return schemaViolations(validate, fromText(text, type), `${place}.${name}`);
}

function texts(operation: Operation, { in: place, name }: Parameter, { headers, query, segments }: Input): string[] {
  if (place === 'header') return sent(headers, name);
  if (place === 'query') return query.getAll(name);
  const text = pathValue(operation, segments, name);
  return text === undefined ? [] : [text];
}

/** A parameter travels as text; where its schema asks for a number or a boolean, the text of one is one. */
function fromText(text: string, type: unknown): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function bodyViolations({ body }: Operation, bytes: Buffer): string[] {
  if (!body) return [];
  if (bytes.length === 0) return body.required ? ['body is missing'] : [];
  const text = decodeUtf8(bytes);
  if (text === undefined) return ['body is not JSON: it is not UTF-8'];
  try {
    return schemaViolations(body.validate, JSON.parse(text), 'body');
  } catch (error) {
    if (error instanceof SyntaxError) return [`body is not JSON: ${withoutSource(error.message)}`];
    throw error;
  }
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** V8 quotes what stands around the fault, which may be a secret. */
function withoutSource(message: string): string {
  return message.replace(/(, )?(\.\.\.)?".*$/s, '') || 'unexpected text';
}

function schemaViolations(validate: Validate, value: unknown, place: string): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, keyword, message = '', params }) => {
    const where = place + instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
    if (keyword === 'required') return `${where}.${params.missingProperty} is missing`;
    if (keyword === 'enum') return `${where} ${message}: ${params.allowedValues.join(', ')}`;
    return `${where} ${message}`;
  });
}
