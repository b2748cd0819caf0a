import { Agent, request as httpRequest } from 'node:http';
import { mediaType, operationsAt, type Parameter, readContract, type Schema } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { WireAnswer } from '@koodrive-backup/testkit/raw-http';
import { xDate } from '@koodrive-backup/testkit/x-date';
import fc from 'fast-check';
import { answerViolations } from './answers.ts';
import { anyBreak, type Break, targetOf, type Wire } from './broken-requests.ts';
import { hangMs } from './hang.ts';
import { sign } from './signing.ts';
import type { User } from './test-server.ts';

/** The requests to send, and their server. */
export interface GeneratedRequestsOptions {
  /** Base URL of a server without a trailing slash. */
  url: string;
  /** The users who send. Each of them sends requests with ids that the server gave to any of them. */
  users: User[];
  /** The server's clock, in milliseconds since the Unix epoch. */
  now: () => number;
  count: number;
  /** The same seed generates the same requests, except for the ids that the server creates. */
  seed: number;
  /** How many requests are under way at once. Default 8. */
  concurrency?: number;
}

/** The number of answers of each status. */
export type Statuses = Record<number, number>;

/**
 * Sends requests that are generated from the contract, valid ones and ones that break it in every known way, and checks
 * each answer against the contract.
 *
 * @throws Error with the seed and the request if there is no answer, or if its status is 500 or more, or it violates
 *   the contract, or it does not fit the request.
 */
export async function sendGeneratedRequests(options: GeneratedRequestsOptions): Promise<Statuses> {
  const { count, seed, concurrency = 8 } = options;
  const statuses: Statuses = {};
  const known: Known = new Map();
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const batch = 1000;
  try {
    for (let sent = 0; sent < count; sent += batch) {
      const numRuns = Math.min(batch, count - sent);
      const queue = fc.sample(generatedRequest, { numRuns, seed: seed + sent }).values();
      const work = async (): Promise<void> => {
        for (const generated of queue) {
          const { status } = await sendOne(generated, options, agent, known);
          statuses[status] = (statuses[status] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
    }
    return statuses;
  } finally {
    agent.destroy();
  }
}

const { operations } = readContract(contract);

/** Ids and cursors that the server has returned, by the name of their field. */
type Known = Map<string, string[]>;

/** Names in requests whose values have another name in answers. */
const answerNames: Record<string, string> = { 'x-backup-lock-id': 'lockId', cursor: 'nextCursor' };

/** A value, or one that the server has returned, which is chosen only when the request is sent. */
type Part = { value: unknown } | { known: string; pick: number; otherwise: unknown };

interface GeneratedRequest {
  operation: (typeof operations)[number];
  user: number;
  way: 'token' | 'app';
  path: Record<string, Part>;
  query: [name: string, part: Part][];
  headers: [name: string, part: Part][];
  body: Record<string, Part> | undefined;
  breaks: Break[];
}

const generatedRequest: fc.Arbitrary<GeneratedRequest> = fc.constantFrom(...operations).chain((operation) => {
  const inPlace = (place: string): Parameter[] =>
    operation.parameters.filter((parameter) => parameter.in === place && !parameter.isSetByClient);
  const pairs = (place: string): fc.Arbitrary<[string, Part][]> =>
    fc
      .tuple(
        ...inPlace(place).map(({ name, required, schema }) => {
          const pair = fc.tuple(fc.constant(name), partOf(name, schema));
          return required ? pair : fc.option(pair, { nil: undefined });
        }),
      )
      .map((all) => all.filter((pair) => pair !== undefined));
  return fc.record({
    operation: fc.constant(operation),
    user: fc.nat(),
    way: fc.constantFrom('token' as const, 'app' as const),
    path: pairs('path').map((all) => Object.fromEntries(all)),
    query: pairs('query'),
    headers: pairs('header'),
    body: bodyOf(operation),
    // Unbroken requests create the records, devices and locks that others name.
    breaks: fc.oneof(fc.constant<Break[]>([]), fc.array(anyBreak, { minLength: 1, maxLength: 2 })),
  });
});

function bodyOf({ body }: GeneratedRequest['operation']): fc.Arbitrary<Record<string, Part> | undefined> {
  if (!body) return fc.constant(undefined);
  const { properties = {}, required = [] } = body.schema;
  const fields = Object.entries(properties).map(([name, schema]) => [name, partOf(name, schema)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required as never[] }) as fc.Arbitrary<
    Record<string, Part>
  >;
}

/** A value that matches a schema. If the server returns values of this name, it is most often one of them. */
function partOf(name: string, schema: Schema): fc.Arbitrary<Part> {
  const value = valueFor(schema);
  const knownName = answerNames[name] ?? name;
  if (!knownNames.has(knownName)) return value.map((it) => ({ value: it }));
  return fc.oneof(
    { weight: 1, arbitrary: value.map((it) => ({ value: it })) },
    { weight: 5, arbitrary: fc.record({ known: fc.constant(knownName), pick: fc.nat(), otherwise: value }) },
  );
}

/** The fields of answers whose values occur in requests. */
const knownNames = new Set(['recordId', 'deviceId', 'lockId', 'nextCursor']);

function valueFor(schema: Schema): fc.Arbitrary<unknown> {
  const { type, pattern, contentMediaType, minLength = 0, maxLength = 60, minimum, maximum } = schema;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (contentMediaType === mediaType) return fc.json({ stringUnit: 'grapheme' });
  if (type === 'integer')
    return fc.integer({
      ...(minimum !== undefined && { min: minimum }),
      ...(maximum !== undefined && { max: maximum }),
    });
  if (type !== 'string') throw new Error(`cannot generate a value of type ${type}`);
  const lengths = { minLength, maxLength: Math.min(maxLength, Math.max(60, minLength)) };
  if (pattern === undefined) return fc.string({ ...lengths, unit: 'grapheme' });
  // A pattern of one class of characters, whose length the schema limits.
  const oneClass = /^\^(\[[^\]]+\])\+\$$/.exec(pattern)?.[1];
  if (oneClass === undefined) return fc.stringMatching(new RegExp(pattern, 'u'));
  return fc.string({
    unit: fc.stringMatching(new RegExp(`^${oneClass}$`, 'u')),
    ...lengths,
    minLength: Math.max(1, minLength),
  });
}

async function sendOne(
  generated: GeneratedRequest,
  { url, users, now, seed }: GeneratedRequestsOptions,
  agent: Agent,
  known: Known,
): Promise<WireAnswer> {
  const user = users[generated.user % users.length];
  if (!user) throw new Error('there are no users to send as');
  const plain = plainOf(generated, user, now(), known);
  const wire = generated.breaks.reduce((at, { apply }) => apply(at), plain);
  const sent = `${wire.method} ${targetOf(wire)}`;
  const explain = (why: string): Error => {
    const breaks = generated.breaks.map(({ name }) => name).join(', ') || 'nothing';
    return new Error(
      `seed ${seed}: ${why}\n${sent.slice(0, 500)}\nbroken: ${breaks}\nbody: ${wire.body.toString().slice(0, 500)}`,
    );
  };
  const answer = await exchange(url, wire, agent).catch((error: Error) => {
    throw explain(`no answer: ${error.message}`);
  });
  const violations = wire.method === 'HEAD' ? [] : answerViolations(operationOf(wire), answer);
  const unexpected = [...violations, ...surprises(generated, answer)];
  if (unexpected.length > 0) throw explain(`${unexpected.join('; ')}\n${answer.status} ${answer.text.slice(0, 500)}`);
  remember(known, answer);
  return answer;
}

/** Returns the problems of an answer, as far as the request lets them be known. */
function surprises({ breaks, query }: GeneratedRequest, { status, text }: WireAnswer): string[] {
  if (status >= 500) return ['status of 500 or more'];
  // Only the last break counts, because it may undo earlier ones.
  if (status < 400 && breaks.at(-1)?.isFatal) return ['not refused'];
  if (breaks.length > 0) return [];
  if (status !== 200 && status !== 400 && status !== 409) return ['refused, although the request is valid'];
  // To the contract a cursor is any string, but the server refuses one that it did not create.
  const isChecked = status === 400 && !query.some(([name]) => name === 'cursor');
  const { parameterCheckFailed } = codes;
  if (isChecked && JSON.parse(text).code === parameterCheckFailed)
    return ['refused as invalid, although the request is valid'];
  return [];
}

const codes = { parameterCheckFailed: contract.components.examples.ParameterCheckFailed.value.code };

function plainOf(generated: GeneratedRequest, user: User, now: number, known: Known): Wire {
  const { operation, way } = generated;
  const valueNow = (part: Part): unknown => {
    if ('value' in part) return part.value;
    const values = known.get(part.known) ?? [];
    return values[part.pick % values.length] ?? part.otherwise;
  };
  const textNow = (part: Part): string => String(valueNow(part));
  const segments = operation.path
    .slice(1)
    .split('/')
    .map((segment) => {
      const part = generated.path[segment.slice(1, -1)];
      return part && segment.startsWith('{') ? textNow(part) : segment;
    });
  const query = generated.query.map(([name, part]): [string, string] => [name, textNow(part)]);
  const fields = generated.body && Object.entries(generated.body).map(([name, part]) => [name, valueNow(part)]);
  const body = Buffer.from(fields ? JSON.stringify(Object.fromEntries(fields)) : '');
  const { method } = operation;
  const signed = { 'x-date': xDate(now), 'x-user-id': user.id };
  const authorization =
    way === 'app' ? sign(user.app, { method, segments, query, headers: signed, body }) : `Bearer ${user.token}`;
  const headers: [string, string][] = [
    ['Authorization', authorization],
    ['X-Date', signed['x-date']],
    ['X-User-Id', user.id],
    ...(fields ? [['Content-Type', mediaType] satisfies [string, string]] : []),
    ...generated.headers.map(([name, part]): [string, string] => [name, textNow(part)]),
  ];
  return { method, segments, query, headers, body };
}

/** Returns the operation of the request as it is finally sent. */
function operationOf(wire: Wire): string | undefined {
  const [path = ''] = targetOf(wire).split(/[?#]/);
  try {
    const here = operationsAt(operations, path.split('/').map(decodeURIComponent));
    return here.find(({ method }) => method === wire.method)?.id;
  } catch {
    return undefined;
  }
}

function exchange(url: string, wire: Wire, agent: Agent): Promise<WireAnswer> {
  const { method, body } = wire;
  const { host } = new URL(url);
  const headers = [...wire.headers, ['Host', host], ['Content-Length', `${body.length}`]].flat();
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent, method, path: targetOf(wire), headers, timeout: hangMs });
    request.on('timeout', () => request.destroy(new Error('no answer came')));
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const entries = Object.entries(response.headers).map(([name, value]): [string, string] => [name, `${value}`]);
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(entries),
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.end(body);
  });
}

/** Keeps the last ids that the server returned. */
function remember(known: Known, { status, text }: WireAnswer): void {
  if (status !== 200) return;
  JSON.parse(text, (name, value) => {
    if (!knownNames.has(name) || typeof value !== 'string') return value;
    const values = known.get(name) ?? [];
    known.set(name, [...values.filter((other) => other !== value), value].slice(-10));
    return value;
  });
}
