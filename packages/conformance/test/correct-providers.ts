import { brotliCompressSync, gzipSync } from 'node:zlib';
import { appAuthorization, signedNames } from '../src/http/app-signature.ts';
import {
  answered,
  answers,
  bodyOf,
  header,
  is,
  isOk,
  type Json,
  listChanged,
  parse,
  queries,
  records,
  refusals,
  setHeader,
  successes,
  trusted,
  type Wrap,
  withJson,
} from './faults/parts.ts';
import { type Answered, byEnvelope, type Message } from './provider.ts';

/** A correct provider that uses a freedom which the contract leaves to providers. */
export interface CorrectProvider {
  name: string;
  /** The checks that could wrongly fail it. */
  checks: readonly string[];
  wrap: Wrap;
  /** The checks that do not run. */
  skip?: readonly string[];
  refusal?: 'status' | 'envelope' | 'either';
  /** How far its clock is ahead of the suite's, in milliseconds. */
  aheadMs?: number;
}

const asItIs: Wrap = () => (request, forward) => forward(request);

const answerChecks = [
  'answered',
  'no-server-error',
  'documented-status',
  'answer-content-type',
  'answer-json',
  'success-schema',
  'refusal-schema',
  'refusal-form',
  'exact-numbers',
  'unique-members',
  'utc-times',
  'no-disclosure',
];
const recordChecks = [
  'record-new',
  'record-echo',
  'record-found',
  'record-completed',
  'record-deleted',
  'device-unbound',
];
/** Checks that compare the answers to several requests. */
const stateChecks = ['record-found', 'record-completed', 'device-bound', 'device-unbound'];
const listChecks = ['list-pages', 'list-filtered', 'cursor-refused', 'record-deleted', 'creates-in-parallel'];

const compressed = (coding: string, compress: (body: Buffer) => Buffer): Wrap =>
  answers((answer) => ({ ...setHeader(answer, 'content-encoding', coding), body: compress(answer.body) }));

const withHeaders = (...headers: [name: string, value: string][]): Wrap =>
  answers((answer) => headers.reduce((made, [name, value]) => setHeader(made, name, value), answer));

const gateway =
  (status: number, isMine: (request: Message, answer: Answered) => boolean): Wrap =>
  () =>
  async (request, forward) => {
    const answer = await forward(request);
    return isMine(request, answer)
      ? answered(status, { error_code: 'APIG.0101', error_msg: 'not for the backend', request_id: 'a1' })
      : answer;
  };

/** Answers as a web server that refuses a request before the provider sees it. */
const page =
  (status: number, type: string, isMine: (request: Message) => boolean): Wrap =>
  () =>
  async (request, forward) =>
    isMine(request)
      ? { status, headers: [['content-type', type]], body: Buffer.from(`<html><h1>${status}</h1></html>`) }
      : forward(request);

/** Lets an app act for any user: answers a request that it signs for another user as one for its own user. */
const forAnyUser: Wrap = (world) => async (request, forward) => {
  const answer = await forward(request);
  const authorization = header(request, 'authorization') ?? '';
  if (answer.status !== 401 || !authorization.startsWith('HMAC')) return answer;
  const { app, userId } = world;
  const [path = '', query = ''] = request.target.split('?');
  const body = request.body.length > 0 ? request.body : undefined;
  const signed = { ...request, path, query: [...new URLSearchParams(query)], body };
  const isRight = authorization === appAuthorization(app, signed, signedNames(request.headers));
  const isOther = header(request, 'x-user-id') !== userId;
  return isRight && isOther ? forward(setHeader(trusted(request, world), 'x-user-id', userId)) : answer;
};

/** Shows the device of another run, which has taken every fourth lock that is asked for. */
const withAnotherRun: Wrap = () => {
  let asked = 0;
  return async (request, forward) => {
    if (is(request, 'POST', '/lock') && header(request, 'authorization')) asked += 1;
    if (is(request, 'POST', '/lock') && asked % 4 === 0) return answered(409, { code: 409, msg: 'it is locked' });
    const answer = await forward(request);
    if (!is(request, 'GET', '/device') || !isOk(answer)) return answer;
    const envelope = parse(answer.body) ?? {};
    const theirs = { deviceId: '9', machineCode: 'conformance_another_1', createTime: new Date().toISOString() };
    return withJson(answer, { ...envelope, data: [theirs, ...records(envelope)] });
  };
};

const status = (from: number, to: number): Wrap =>
  answers((answer) => (answer.status === from ? { ...answer, status: to } : answer));

const unknownField = (text: string): Wrap =>
  successes((body) => body.replace(/^\{/, `{"unknown":${text},`).replace(/"data":\{/, `"data":{"unknown":${text},`));

const shorter: Wrap = queries((query) => {
  const size = query.get('pageSize') ?? '';
  if (/^\d+$/.test(size) && Number(size) > 2 && Number(size) <= 100) query.set('pageSize', '2');
});

/** Shortens the pages of a list. Leaves signed requests, and those that repeat pageSize, as they are. */
const shortPages: Wrap = (world) => {
  const short = shorter(world);
  return async (request, forward) => {
    const isSigned = header(request, 'authorization')?.startsWith('HMAC');
    const isTwice = request.target.split('pageSize=').length > 2;
    return isSigned || isTwice ? forward(request) : short(request, forward);
  };
};

/** Removes a record as soon as it is deleted. */
const removing: Wrap = () => {
  const gone = new Set<string>();
  return async (request, forward) => {
    const id = /\/record\/([^/?]+)$/.exec(request.target)?.[1] ?? '';
    if (gone.has(id) && header(request, 'authorization')) {
      const answer = await forward(request);
      return isOk(answer) || answer.status === 409 ? answered(400, { code: 13000309, msg: 'no such record' }) : answer;
    }
    const answer = await forward(request);
    if (is(request, 'DELETE', '/record/*') && isOk(answer)) gone.add(id);
    if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
    const envelope = parse(answer.body) ?? {};
    return withJson(answer, {
      ...envelope,
      data: records(envelope).filter(({ recordId }) => !gone.has(String(recordId))),
    });
  };
};

const dropped = (value: unknown, name: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => dropped(item, name));
  if (typeof value !== 'object' || value === null) return value;
  const { [name]: _, ...rest } = value as Json;
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, dropped(item, name)]));
};

/** Removes an optional field from the answers to some requests. */
const leaving = (name: string, isHere: (request: Message) => boolean): Wrap =>
  successes((text, request) => (isHere(request) ? JSON.stringify(dropped(JSON.parse(text), name)) : text));

const isRecord = (request: Message): boolean => request.target.includes('/record');

/** Every correct provider. */
export const correctProviders: CorrectProvider[] = [
  {
    name: 'writes a whole number as 1.0',
    checks: answerChecks,
    wrap: successes((text) => text.replace('"version":1', '"version":1.0')),
  },
  {
    name: 'writes a whole number with an exponent',
    checks: answerChecks,
    wrap: successes((text) => text.replace('"code":0', '"code":0e0')),
  },
  {
    name: 'has an unknown field with a fraction',
    checks: [...answerChecks, ...stateChecks],
    wrap: unknownField('1.5'),
  },
  {
    name: 'has an unknown field with a large integer',
    checks: answerChecks,
    wrap: unknownField('18446744073709551617'),
  },
  { name: 'has an unknown field with an object', checks: answerChecks, wrap: unknownField('{"a":[null,{}]}') },
  {
    name: 'has an unknown field in a refusal',
    checks: answerChecks,
    wrap: refusals((envelope) => ({ ...envelope, requestId: 'a1' })),
  },
  {
    name: 'puts the fields in another order',
    checks: answerChecks,
    wrap: answers((answer) => withJson(answer, Object.fromEntries(Object.entries(parse(answer.body) ?? {}).reverse()))),
  },
  {
    name: 'indents its JSON',
    checks: answerChecks,
    wrap: answers((answer) => ({ ...answer, body: Buffer.from(JSON.stringify(parse(answer.body), null, 2)) })),
  },
  {
    name: 'escapes all that is not ASCII',
    checks: [...answerChecks, 'record-echo'],
    wrap: successes((text) =>
      text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ),
  },
  { name: 'compresses with gzip', checks: [...answerChecks, 'record-found'], wrap: compressed('gzip', gzipSync) },
  {
    name: 'compresses with Brotli',
    checks: [...answerChecks, 'record-found'],
    wrap: compressed('br', brotliCompressSync),
  },
  {
    name: 'names the charset',
    checks: answerChecks,
    wrap: withHeaders(['content-type', 'application/json; charset=utf-8']),
  },
  {
    name: 'names the charset in capitals and quotes',
    checks: answerChecks,
    wrap: withHeaders(['content-type', 'Application/JSON;charset="UTF-8"']),
  },
  {
    name: 'sends headers of its own',
    checks: answerChecks,
    wrap: withHeaders(
      ['etag', '"a"'],
      ['cache-control', 'no-store'],
      ['access-control-allow-origin', '*'],
      ['x-request-id', '1'],
    ),
  },
  {
    name: 'refuses with status 403 what it refuses with 401',
    checks: ['no-credential-refused', 'token-wrong-refused', 'date-old-refused', 'refusal-schema'],
    wrap: status(401, 403),
  },
  {
    name: 'refuses with status 404 what it refuses with 400',
    checks: ['unknown-id-refused', 'others-private', 'existence-hidden'],
    wrap: status(400, 404),
  },
  {
    name: 'refuses with status 422',
    checks: ['pattern-refused', 'malformed-body-refused', 'enum-refused'],
    wrap: status(400, 422),
  },
  {
    name: 'refuses with status 423 what needs a lock',
    checks: ['lock-needed', 'lock-exclusive', 'lock-other-user'],
    wrap: status(409, 423),
  },
  {
    name: 'refuses with status 200',
    checks: ['missing-refused', 'lock-exclusive', 'refusal-form', 'unknown-id-refused'],
    wrap: () => byEnvelope,
    refusal: 'envelope',
  },
  {
    name: 'refuses with status 200, with --refusal either',
    checks: ['missing-refused', 'lock-exclusive', 'refusal-form'],
    wrap: () => byEnvelope,
    refusal: 'either',
  },
  {
    name: 'refuses in Chinese',
    checks: answerChecks,
    wrap: refusals((envelope) => ({ ...envelope, msg: '\u53c2\u6570\u9519\u8bef' })),
  },
  {
    name: 'refuses with an id in every message',
    checks: ['existence-hidden', 'refusal-schema'],
    wrap: refusals((envelope) => ({ ...envelope, msg: `${envelope.msg} (request ${Math.random()})` })),
  },
  {
    name: 'refuses with another code',
    checks: ['unknown-id-refused', 'existence-hidden', 'refusal-schema'],
    wrap: refusals((envelope) => ({ ...envelope, code: 13000404 })),
  },
  {
    name: 'is behind a gateway that answers 400 itself',
    checks: ['malformed-body-refused', 'refusal-schema', 'refusal-form'],
    wrap: gateway(400, (_, { status }) => status === 400),
  },
  {
    name: 'is behind a gateway that asks for the credential',
    checks: ['no-credential-refused', 'refusal-schema'],
    wrap: gateway(401, (request, { status }) => status === 401 && !header(request, 'authorization')),
  },
  {
    name: 'is behind a gateway that limits the body',
    checks: ['harmless', 'no-server-error', 'refusal-schema'],
    wrap: gateway(413, ({ body }) => body.length > 2_000_000),
  },
  {
    name: 'is behind a gateway that limits the header',
    checks: ['unknown-id-refused', 'refusal-schema'],
    wrap: gateway(431, ({ target }) => target.length > 4_000),
  },
  {
    name: 'is behind a gateway that answers 502 to a large body',
    checks: ['harmless', 'no-server-error', 'refusal-schema'],
    wrap: gateway(502, ({ body }) => body.length > 2_000_000),
  },
  {
    name: 'is behind a gateway that does not know the path',
    checks: ['undocumented-path-refused', 'refusal-schema'],
    wrap: gateway(404, (_, { status }) => status === 404),
  },
  {
    name: 'is behind a gateway that does not know the method',
    checks: ['undocumented-method-refused', 'refusal-schema'],
    wrap: gateway(405, (_, { status }) => status === 405),
  },
  ...(
    [
      [400, 'text/html', ({ target }) => /%00|%0A/i.test(target), ['unknown-id-refused', 'pattern-refused']],
      [413, 'text/html', ({ body }) => body.length > 2_000_000, ['harmless', 'no-server-error', 'refusal-schema']],
      [431, 'text/plain', ({ target }) => target.length > 4_000, ['unknown-id-refused', 'refusal-schema']],
      [502, 'text/html', ({ body }) => body.length > 2_000_000, ['harmless', 'no-server-error', 'refusal-schema']],
    ] as const satisfies [number, string, (request: Message) => boolean, string[]][]
  ).map(([status, type, isMine, checks]) => ({
    name: `is behind a web server that answers ${status} with a page as ${type}`,
    checks: [...checks, 'answer-content-type', 'answer-json'],
    wrap: page(status, type, isMine),
  })),
  {
    name: 'lets an app act for any user',
    checks: ['signature-secret', 'signature-x-user-id', 'user-other-refused'],
    wrap: forAnyUser,
  },
  {
    name: 'another run of the suite uses at the same time, as the same user, and so holds some locks',
    checks: ['lock-exclusive', 'lock-parallel', 'enum-accepted', 'examples-accepted'],
    wrap: withAnotherRun,
  },
  {
    name: 'has a clock a second behind',
    checks: ['examples-accepted', 'date-old-refused', 'date-ahead-refused', 'date-in-window-accepted'],
    wrap: asItIs,
    aheadMs: -1_000,
  },
  {
    name: 'has a clock two minutes behind',
    checks: ['examples-accepted', 'date-old-refused', 'date-ahead-refused', 'date-in-window-accepted'],
    wrap: asItIs,
    aheadMs: -120_000,
  },
  {
    name: 'has a clock two minutes ahead',
    checks: ['examples-accepted', 'date-old-refused', 'date-ahead-refused', 'date-in-window-accepted'],
    wrap: asItIs,
    aheadMs: 120_000,
  },
  {
    name: 'sends no Date',
    checks: ['examples-accepted', 'record-new', 'date-in-window-accepted'],
    // These checks move the provider's clock, which this provider does not show.
    skip: ['lock-lasts', 'lock-expires'],
    wrap: answers((answer) => ({
      ...answer,
      headers: answer.headers.filter(([name]) => name.toLowerCase() !== 'date'),
    })),
  },
  { name: 'removes a deleted record at once', checks: [...recordChecks, 'any-order', 'list-pages'], wrap: removing },
  {
    name: 'shows no deleted record in a list',
    checks: [...recordChecks, 'any-order', 'list-pages'],
    wrap: listChanged((envelope) => ({ ...envelope, data: records(envelope).filter(({ status }) => status !== 2) })),
  },
  { name: 'has short pages', checks: listChecks, wrap: shortPages },
  { name: 'shows no device in a record', checks: recordChecks, wrap: leaving('deviceInfo', isRecord) },
  {
    name: 'shows no createTime of a device',
    checks: ['device-bound', 'device-unbound', 'record-found'],
    wrap: leaving('createTime', ({ target }) => target.includes('/device')),
  },
  {
    name: 'refuses unknown fields and parameters',
    checks: ['harmless', 'wire-forms-accepted'],
    wrap: () => async (request, forward) => {
      const isUnknown = 'unknown' in bodyOf(request) || request.target.includes('unknown=');
      const answer = isUnknown ? undefined : await forward(request);
      return answer ?? answered(400, { code: 13000102, msg: 'unknown' });
    },
  },
  {
    name: 'uses no UUID as the id of a lock',
    checks: ['lock-needed', 'lock-exclusive'],
    wrap: renamedLocks(),
  },
];

/** Gives each new lock an opaque id of another form: `lock:`, a number and `!`. */
function renamedLocks(): Wrap {
  return () => {
    const names = new Map<string, string>();
    return async (request, forward) => {
      const all = request.headers.filter(([name]) => /^x-backup-lock-id$/i.test(name));
      if (all.length > 1) return forward(request);
      const sent = header(request, 'x-backup-lock-id');
      const known = sent === undefined ? undefined : names.get(sent);
      const isOld = sent !== undefined && [...names.values()].includes(sent);
      const meant = known ?? (isOld ? 'none' : sent);
      const answer = await forward(meant === undefined ? request : setHeader(request, 'x-backup-lock-id', meant));
      const envelope = parse(answer.body);
      if (!is(request, 'POST', '/lock') || !isOk(answer) || !envelope) return answer;
      const name = `lock:${names.size + 1}!`;
      names.set(name, String((envelope.data as Json).lockId));
      return withJson(answer, { ...envelope, data: { ...(envelope.data as Json), lockId: name } });
    };
  };
}
