import type { Operation, Response, Schema } from '@koodrive-backup/spec/contract';
import type { Answer } from '../http/wire.ts';
import { type JsonFindings, readJson } from './exact-json.ts';

/**
 * How a provider refuses: with a 4xx and the error body, with status 200 and a `code` other than 0, or either (the
 * vendor's pages document no status but 200).
 */
export type RefusalForm = 'status' | 'envelope' | 'either';

/** The judgement on an answer. */
export interface Judgement {
  /** `neither`: the answer is no valid success and no valid refusal. */
  verdict: 'accepted' | 'refused' | 'neither';
  /** The answer, in a few words. */
  got: string;
  /** Whether the provider accepted the request: status 200 and `code` 0, whatever else the body holds. */
  isTaken: boolean;
  /** Whether the provider refused the request, in the form that it was said to use, whatever the body holds. */
  isDenied: boolean;
  /** How the body violates its schema; empty if it is valid. */
  violations: string[];
  /** The place in the contract that judges the answer, and its schema. */
  pointer: string;
  schema: Schema;
  /** Whether a gateway in front of the provider refused, in its own form (errata, E32). */
  isGateway: boolean;
  /** The body, if it is a JSON object. */
  envelope: Record<string, unknown> | undefined;
  json: JsonFindings | undefined;
}

// A byte order mark is not allowed in JSON (RFC 8259, section 8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Judges an answer by the contract.
 *
 * @param isDocumented Whether the contract has the method and path of the request.
 * @param isStoppable Whether a server in front of the provider may refuse the request, in any form.
 */
export function judge(
  answer: Answer,
  operation: Operation,
  isDocumented: boolean,
  form: RefusalForm,
  isStoppable = false,
): Judgement {
  const { status } = answer;
  const json = parse(answer.body);
  const envelope = isObject(json?.value) ? json.value : undefined;
  const code = envelope?.code;
  const success = operation.responses['200'];
  const isTaken = status === 200 && code === 0;
  const isSuccess = isTaken && isDocumented && success !== undefined;
  const response = isSuccess ? success : refusalResponse(operation, status);
  const gatewayCode = status >= 400 ? gatewayCodeOf(envelope) : undefined;
  const isGateway = gatewayCode !== undefined || (isStoppable && status >= 400 && json === undefined);
  const isRefusal = status === 200 ? typeof code === 'number' && code !== 0 : status >= 400 && status < 500;
  const isDenied = isRefusal || isGateway;
  // A success for an undocumented method or path is wrong in itself, so its body is not judged.
  const hasSchema = !isGateway && (isSuccess || !isTaken);
  const violations = hasSchema ? violationsOf(response, json) : [];
  if (hasSchema && !isSuccess && envelope && 'data' in envelope) violations.push('a refusal has no data');
  const byStatus = isDenied && status !== 200;
  const hasForm = form === 'either' || (form === 'status') === byStatus;
  const isSound = violations.length === 0;
  return {
    verdict: isSuccess && isSound ? 'accepted' : isDenied && hasForm && isSound ? 'refused' : 'neither',
    got: [
      `status ${status}`,
      ...(code === undefined ? [] : [`code ${JSON.stringify(code)}`]),
      ...(gatewayCode === undefined ? [] : [`error_code ${JSON.stringify(gatewayCode)} of a gateway`]),
      ...(isSound ? [] : [violations.join('; ')]),
    ].join(', '),
    isTaken,
    isDenied: isDenied && hasForm,
    isGateway,
    violations,
    pointer: response.pointer,
    schema: response.schema,
    envelope,
    json,
  };
}

function refusalResponse({ responses }: Operation, status: number): Response {
  const response = (status === 200 ? undefined : responses[status]) ?? responses.default;
  if (!response) throw new Error('the contract has no default answer');
  return response;
}

/** Returns the code of a refusal by a gateway in front of the provider, which has its own form (errata, E32). */
function gatewayCodeOf(body: Record<string, unknown> | undefined): string | undefined {
  return body && !('code' in body) && typeof body.error_code === 'string' ? body.error_code : undefined;
}

function violationsOf({ validate }: Response, json: JsonFindings | undefined): string[] {
  if (!json) return ['the body is not JSON in UTF-8'];
  if (validate(json.value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const detail = 'allowedValues' in params ? `: ${params.allowedValues.join(', ')}` : '';
    return `body${instancePath.replaceAll('/', '.')} ${message}${detail}`;
  });
}

function parse(body: Buffer): JsonFindings | undefined {
  try {
    return readJson(utf8.decode(body));
  } catch {
    return undefined;
  }
}

/** Whether a value is an object, and neither an array nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
