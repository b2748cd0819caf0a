import { createContractAjv } from '@koodrive-backup/spec/ajv';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { WireAnswer } from '@koodrive-backup/testkit/raw-http';
import { expect } from 'vitest';

const { parameters, examples } = contract.components;

/** The path of the operation that the tests call. */
export const path = '/koodrive/ose/v1/backup/record';

/** Headers with which that operation accepts {@link validBody}. */
export const validHeaders: Record<string, string> = {
  Authorization: 'Bearer+secret-token',
  'Content-Type': 'application/json',
  ...Object.fromEntries(
    Object.values(parameters).flatMap((parameter) =>
      parameter.in === 'header' ? [[parameter.name, String(parameter.example)]] : [],
    ),
  ),
};

/** The contract's example of a body. */
export const validBody: Record<string, unknown> = examples.CreateBackupRecordRequest.value;

/** {@link validBody} as JSON text. */
export const validText: string = JSON.stringify(validBody);

/** The body of the mock's default answer. */
export const created: unknown = examples.CreateBackupRecordResponse.value;

/** The differences from a valid request. A header that is undefined is not sent. */
export interface Change {
  method?: string;
  target?: string;
  headers?: Record<string, string | undefined>;
  body?: string | Uint8Array<ArrayBuffer> | object;
}

/** Sends a valid request with changes, by fetch. */
export function send(
  baseUrl: string,
  { method = 'POST', target = path, headers, body = validBody }: Change = {},
): Promise<Response> {
  const all = Object.entries({ ...validHeaders, ...headers });
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(baseUrl + target, {
    method,
    headers: all.filter((entry): entry is [string, string] => entry[1] !== undefined),
    // As bytes, because fetch sends a string with a Content-Type of its own.
    ...(method !== 'GET' && { body: Buffer.from(bytes) }),
  });
}

/** The lines of {@link validHeaders}, and Host. */
export const validLines: string[] = [
  'Host: localhost',
  ...Object.entries(validHeaders).map(([name, value]) => `${name}: ${value}`),
];

/** The head of a request that the operation accepts with {@link validText}, line by line. */
export const validHead: string[] = [`POST ${path} HTTP/1.1`, ...validLines];

/** Sends a request that must be refused, and returns the message of the refusal. */
export async function refusal(mock: { url: string }, status: number, change: Change): Promise<string> {
  return refused(await send(mock.url, change), status);
}

/** Expects an answer to be a refusal in the contract's error body, and returns its message. */
export async function refused(answer: Response | WireAnswer, status: number): Promise<string> {
  const text = typeof answer.text === 'string' ? answer.text : await answer.text();
  expect(answer.status, text).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/json');
  const body = JSON.parse(text);
  isErrorResponse(body);
  expect(isErrorResponse.errors).toBeNull();
  expect(body.code).toBe(status === 400 ? examples.ParameterCheckFailed.value.code : status);
  expect(text).not.toMatch(/secret-token|node_modules|\.js:|\.ts:/);
  return body.msg;
}

const isErrorResponse = errorResponse();

function errorResponse(): NonNullable<ReturnType<ReturnType<typeof createContractAjv>['getSchema']>> {
  const validate = createContractAjv(contract).getSchema('contract#/components/schemas/ErrorResponse');
  if (!validate) throw new Error('the contract has no ErrorResponse');
  return validate;
}
