import type { Validate } from '@koodrive-backup/spec/contract';
import { type Input, readRequest, schemaViolations } from '@koodrive-backup/spec/validate-request';
import { type Draft, jsonOf } from './draft.ts';
import type { ConsoleOperation } from './operations.ts';

/**
 * Returns what the contract has against a request.
 *
 * @param sent The headers that were sent. Without them, the contract's example stands for each header that the client
 *   sets, except X-User-Id.
 */
export function requestViolations({ operation, userId, parameters, body }: Draft, sent?: Headers): string[] {
  const headers: Record<string, string> = {};
  for (const { in: place, name, example, isSetByClient } of operation.parameters) {
    if (place !== 'header') continue;
    const key = name.toLowerCase();
    const chosen = parameters.header[name] ?? '';
    const text = isSetByClient ? (key === 'x-user-id' ? userId : `${example}`) : chosen;
    const value = sent ? sent.get(key) : text;
    if (value) headers[key] = value;
  }
  const input: Input = {
    path: parameters.path,
    query: new URLSearchParams(Object.entries(parameters.query).filter(([, text]) => text !== '')),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: new TextEncoder().encode(body),
  };
  return readRequest(operation, input).violations;
}

/** What became of a request, and what the contract has against the answer. */
export interface AnswerJudgement {
  outcome: string;
  violations: string[];
}

/** Judges an answer by the contract. Status 200 with another `code` than 0 is a refusal (errata, E6). */
export function judgeAnswer(operation: ConsoleOperation, status: number, text: string): AnswerJudgement {
  const value = jsonOf(text);
  const envelope = isObject(value) ? value : {};
  if (status === 200 && envelope.code === 0) {
    return { outcome: 'Accepted', violations: against(operation.answers['200'], value) };
  }
  if (status >= 400 && !('code' in envelope) && typeof envelope.error_code === 'string') {
    return { outcome: 'Refused by a gateway in front of the provider, in a form of its own (E32)', violations: [] };
  }
  const validator = (status === 200 ? undefined : operation.answers[status]) ?? operation.answers.default;
  const violations = against(validator, value);
  if ('data' in envelope) violations.push('body.data must not be there: a refusal has no data');
  return { outcome: 'Refused', violations };
}

function against(validator: Validate | undefined, value: unknown): string[] {
  if (value === undefined) return ['body is not JSON'];
  return validator ? schemaViolations(validator, value, 'body') : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
