import { connect } from 'node:net';
import { createContractAjv } from '@koodrive-backup/spec/ajv';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
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

/** {@link validBody}, as it travels. */
export const validText: string = JSON.stringify(validBody);

/** The body with which the mock answers where nothing else is asked for. */
export const created: unknown = examples.CreateBackupRecordResponse.value;

/** What differs from a valid request. A header that is undefined is not sent. */
export interface Change {
  method?: string;
  target?: string;
  headers?: Record<string, string | undefined>;
  body?: string | Uint8Array<ArrayBuffer> | object;
}

/** Sends a valid request with a change, by fetch. */
export function send(
  baseUrl: string,
  { method = 'POST', target = path, headers, body = validBody }: Change = {},
): Promise<Response> {
  const all = Object.entries({ ...validHeaders, ...headers });
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(baseUrl + target, {
    method,
    headers: all.filter((entry): entry is [string, string] => entry[1] !== undefined),
    // As bytes, since fetch gives a string a Content-Type of its own.
    ...(method !== 'GET' && { body: Buffer.from(bytes) }),
  });
}

/** An answer, as it came over the wire. */
export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends bytes that fetch would not, and reads one answer. */
export function sendRaw(baseUrl: string, request: string | Buffer): Promise<WireAnswer> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    // As the simplest clients do: all is written before anything is read.
    socket.write(request, (error) => (error ? reject(error) : socket.on('data', read)));
    const read = (chunk: Buffer): void => {
      received += chunk.toString();
      const answer = parse(received);
      if (!answer) return;
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`no answer but: ${received}`)));
  });
}

/** A request as text, with the given lines for its head. */
export function rawRequest(lines: string[], body = ''): string {
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The lines of {@link validHeaders}, and Host. */
export const validLines: string[] = [
  'Host: localhost',
  ...Object.entries(validHeaders).map(([name, value]) => `${name}: ${value}`),
];

/** The head of a request that the operation accepts with {@link validText}, line by line. */
export const validHead: string[] = [`POST ${path} HTTP/1.1`, ...validLines];

/** Sends a valid request with a change, which is refused, and gives the refusal's message. */
export async function refusal(mock: { url: string }, status: number, change: Change): Promise<string> {
  return refused(await send(mock.url, change), status);
}

/** Checks that an answer is a refusal in the contract's error body, and gives its message. */
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

function parse(received: string): WireAnswer | undefined {
  const [, status, lines, text = ''] = /^HTTP\/1\.1 (\d+)[^\r]*\r\n(.*?)\r\n\r\n(.*)$/s.exec(received) ?? [];
  if (!lines) return undefined;
  const headers = new Headers(
    lines.split('\r\n').map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']),
  );
  if (Buffer.byteLength(text) < Number(headers.get('content-length'))) return undefined;
  return { status: Number(status), headers, text };
}
