import { mediaType, type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { WireAnswer } from '@koodrive-backup/testkit/raw-http';
import { xDate } from '@koodrive-backup/testkit/x-date';
import { expect } from 'vitest';
import type { operations } from '../src/schema.gen.ts';
import { answerViolations } from './answers.ts';
import { percentEncoded, sign } from './signing.ts';
import type { TestServer, User } from './test-server.ts';

/** An operation's name. */
export type OperationId = keyof operations;

/** The differences from a valid request, not encoded. */
export interface Request {
  path?: Record<string, string>;
  query?: Record<string, string>;
  /** Headers beside those of authentication. A header that is undefined is not sent. */
  headers?: Record<string, string | undefined>;
  /** Sent as JSON, or unchanged if it is bytes. */
  body?: object | Uint8Array<ArrayBuffer>;
  /** Default: the access token. */
  with?: 'token' | 'app';
}

type Success<Id extends OperationId> = operations[Id]['responses'][200]['content']['application/json'];

/** An answer that is valid by the contract. */
export interface Answer<Id extends OperationId> extends WireAnswer {
  envelope: Omit<Partial<Success<Id>>, 'code' | 'msg'> & { code: number; msg: string };
}

const operationsById = new Map(readContract(contract).operations.map((operation) => [operation.id, operation]));

/** Returns an operation of the contract. */
export function operation(id: OperationId): Operation {
  const found = operationsById.get(id);
  if (!found) throw new Error(`the contract has no operation ${id}`);
  return found;
}

/** Calls an operation as a user, and checks the answer against the contract. */
export async function call<Id extends OperationId>(
  server: TestServer,
  user: User,
  id: Id,
  request: Request = {},
): Promise<Answer<Id>> {
  const { method, segments, query, headers, body } = plain(server, user, id, request);
  const Authorization =
    request.with === 'app'
      ? sign(user.app, {
          method,
          segments,
          query,
          headers: pick(headers, ['X-Date', 'X-User-Id']),
          body: body ?? new Uint8Array(),
        })
      : `Bearer ${user.token}`;
  const sent = { Authorization, ...(body && { 'Content-Type': mediaType }), ...headers, ...request.headers };
  const target = targetOf(segments, query);
  const response = await fetch(server.url + target, {
    method,
    headers: Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ...(body && { body }),
  });
  return valid(id, await read(response));
}

/** Calls an operation, expects success, and returns the data. */
export async function succeed<Id extends OperationId>(
  server: TestServer,
  user: User,
  id: Id,
  request: Request = {},
): Promise<Success<Id> extends { data: infer Data } ? Data : undefined> {
  const { status, text, envelope } = await call(server, user, id, request);
  expect(status, text).toBe(200);
  return (envelope as { data?: unknown }).data as never;
}

/** Takes a lock for a user, and returns the header that carries its id. */
export async function lockHeader(server: TestServer, user: User, moduleCode = '101'): Promise<Record<string, string>> {
  const { lockId } = await succeed(server, user, 'createBackupLock', { body: { moduleCode } });
  return { 'x-backup-lock-id': lockId };
}

/** The parts of a request, before anything is encoded. */
function plain(
  server: TestServer,
  user: User,
  id: OperationId,
  { path = {}, query = {}, body }: Request,
): {
  method: string;
  segments: string[];
  query: [string, string][];
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer> | undefined;
} {
  const { method, path: template } = operation(id);
  const segments = template
    .slice(1)
    .split('/')
    .map((part) => (part.startsWith('{') ? (path[part.slice(1, -1)] ?? '') : part));
  return {
    method,
    segments,
    query: Object.entries(query),
    headers: { 'X-User-Id': user.id, 'X-Date': xDate(server.time) },
    body: body instanceof Uint8Array || body === undefined ? body : Buffer.from(JSON.stringify(body)),
  };
}

/** Returns the request target of a path and a query. */
export function targetOf(segments: readonly string[], query: readonly (readonly [string, string])[]): string {
  const pairs = query.map((pair) => pair.map(percentEncoded).join('='));
  return `/${segments.map(percentEncoded).join('/')}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

/** Returns the headers that a signature is to cover, by their names in lower case. */
function pick(headers: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name.toLowerCase(), headers[name] ?? '']));
}

async function read(response: Response): Promise<WireAnswer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function valid<Id extends OperationId>(id: Id, answer: WireAnswer): Answer<Id> {
  expect(answerViolations(id, answer), `${answer.status} ${answer.text}`).toEqual([]);
  return { ...answer, envelope: JSON.parse(answer.text) };
}

/** Expects an answer to be a refusal in the envelope, and returns its message. */
export function refusedWith(status: number, answer: WireAnswer, code?: number): string {
  expect(answer.status, answer.text).toBe(status);
  expect(answerViolations(undefined, answer), answer.text).toEqual([]);
  const envelope = JSON.parse(answer.text);
  if (code !== undefined) expect(envelope.code).toBe(code);
  return envelope.msg;
}
