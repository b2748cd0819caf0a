import { contractKey, createContractAjv } from '@koodrive-backup/spec/ajv';
import { mediaType } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { WireAnswer } from '@koodrive-backup/testkit/raw-http';

const ajv = createContractAjv(contract);
const errorResponse = '/components/schemas/ErrorResponse';

/** What an answer must never tell. */
const leaks = /node_modules|\.[jt]s:\d|\bat .+:\d+:\d+|\/tmp\/|FST_ERR|SQLITE|SELECT |Error:/;

/**
 * What the contract has against an answer, and what no answer may hold.
 *
 * @param operationId What was called; `undefined` where the contract has no operation for the request.
 */
export function answerViolations(operationId: string | undefined, { status, headers, text }: WireAnswer): string[] {
  const violations: string[] = [];
  if (headers.get('content-type')?.split(';')[0] !== mediaType)
    violations.push(`content-type is ${headers.get('content-type')}`);
  for (const name of ['x-powered-by', 'server']) if (headers.has(name)) violations.push(`there is a header ${name}`);
  if (leaks.test(text)) violations.push('the body tells of the inside');
  const envelope = parse(text);
  if (envelope === undefined) return [...violations, `the body is no JSON: ${text.slice(0, 200)}`];
  const validate = ajv.getSchema(`${contractKey}#${schemaOf(operationId, status)}`);
  if (!validate) throw new Error(`the contract has no schema for ${operationId}, ${status}`);
  if (!validate(envelope)) violations.push(ajv.errorsText(validate.errors));
  return violations;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface OperationObject {
  operationId: string;
  responses: Record<string, object>;
}

function schemaOf(operationId: string | undefined, status: number): string {
  const operations = Object.entries<Record<string, object>>(contract.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as OperationObject })),
  );
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  if (!found) return errorResponse;
  const { path, method, operation } = found;
  const key = status in operation.responses ? status : 'default';
  const response = operation.responses[key] ?? {};
  const content = '/content/application~1json/schema';
  if ('$ref' in response) return `${String(response.$ref).slice(1)}${content}`;
  const escaped = path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
  return `/paths/${escaped}/${method}/responses/${key}${content}`;
}
