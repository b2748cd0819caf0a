import { contractKey, createContractAjv } from '@koodrive-backup/spec/ajv';
import { mediaType, readContract, type Validate } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { WireAnswer } from '@koodrive-backup/testkit/raw-http';

const { operations } = readContract(contract);
const isErrorResponse = createContractAjv(contract).getSchema(`${contractKey}#/components/schemas/ErrorResponse`);

/** Texts that an answer must never contain. */
const leaks = /node_modules|\.[jt]s:\d|\bat .+:\d+:\d+|\/tmp\/|FST_ERR|SQLITE|SELECT |Error:/;

/**
 * Returns the violations of the contract in an answer, and the texts that no answer may contain.
 *
 * @param operationId The operation that was called; `undefined` if the contract has no operation for the request.
 */
export function answerViolations(operationId: string | undefined, { status, headers, text }: WireAnswer): string[] {
  const violations: string[] = [];
  if (headers.get('content-type')?.split(';')[0] !== mediaType)
    violations.push(`content-type is ${headers.get('content-type')}`);
  for (const name of ['x-powered-by', 'server']) if (headers.has(name)) violations.push(`there is a header ${name}`);
  if (leaks.test(text)) violations.push('the body reveals internals');
  const envelope = parse(text);
  if (envelope === undefined) return [...violations, `the body is no JSON: ${text.slice(0, 200)}`];
  const validate = validatorFor(operationId, status);
  if (!validate(envelope)) violations.push(JSON.stringify(validate.errors));
  return violations;
}

function validatorFor(operationId: string | undefined, status: number): Validate {
  const { responses } = operations.find(({ id }) => id === operationId) ?? {};
  const validate = responses ? (responses[status] ?? responses.default)?.validate : isErrorResponse;
  if (!validate) throw new Error(`the contract has no schema for ${operationId}, ${status}`);
  return validate;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
