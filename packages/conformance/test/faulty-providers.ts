import { METHODS } from 'node:http';
import { type App, appAuthorization, signedNames } from '../src/app-signature.ts';
import { tamperings } from '../src/checks/credentials.ts';
import { existenceFaults } from './faults/existence.ts';
import type { Answered, Message, Reply, Wrapper } from './provider.ts';

/** Whom a faulty provider knows. */
export interface World {
  userId: string;
  token: string;
  app: App;
  expiredToken: string;
  other: { userId: string; token: string };
}

/** A provider with exactly one violation. */
export interface FaultyProvider {
  name: string;
  class: string;
  /** The check that has to find it. */
  check: string;
  /** Makes the wrapper that does wrong. What it keeps is its own. */
  wrap: (world: World) => Wrapper;
}

type Json = Record<string, unknown>;

const root = '/koodrive/ose/v1/backup';
const pathOf = ({ target }: Message): string => target.split('?')[0] ?? '';
const is = (request: Message, method: string, path: string): boolean => {
  const pattern =
    path === '/record/*' || path === '/device/*' ? `^${root}${path.slice(0, -1)}[^/]+$` : `^${root}${path}$`;
  return request.method === method && new RegExp(pattern).test(pathOf(request));
};
const header = ({ headers }: { headers: [string, string][] }, name: string): string | undefined =>
  headers.find(([sent]) => sent.toLowerCase() === name)?.[1];
const setHeader = <T extends { headers: [string, string][] }>(message: T, name: string, value: string): T => ({
  ...message,
  headers: [...message.headers.filter(([sent]) => sent.toLowerCase() !== name), [name, value]],
});
const parse = (body: Buffer): Json | undefined => {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
const withJson = <T extends { body: Buffer }>(message: T, value: unknown): T => ({
  ...message,
  body: Buffer.from(JSON.stringify(value)),
});
const isOk = ({ status }: Answered): boolean => status === 200;
const answered = (status: number, value: unknown): Answered => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
const xDate = (): string => new Date(Date.now() - 1000).toISOString().replace(/[-:]|\.\d+/g, '');

/** Every answer changed. */
const answers =
  (change: (answer: Answered, request: Message) => Reply): FaultyProvider['wrap'] =>
  () =>
  async (request, forward) =>
    change(await forward(request), request);
/** The text of successes changed. */
const successes = (change: (text: string, request: Message) => string): FaultyProvider['wrap'] =>
  answers((answer, request) =>
    isOk(answer) ? { ...answer, body: Buffer.from(change(answer.body.toString(), request)) } : answer,
  );
/** The data of one operation's successes changed. */
const data = (method: string, path: string, change: (data: Json) => unknown): FaultyProvider['wrap'] =>
  successes((text, request) => {
    if (!is(request, method, path)) return text;
    const envelope = JSON.parse(text);
    return JSON.stringify({ ...envelope, data: change(envelope.data) });
  });
const refusals = (change: (envelope: Json, answer: Answered) => Reply | Json): FaultyProvider['wrap'] =>
  answers((answer) => {
    if (isOk(answer)) return answer;
    const changed = change(parse(answer.body) ?? {}, answer);
    return typeof changed === 'object' && !('status' in changed) ? withJson(answer, changed) : (changed as Reply);
  });
/** Requests mended before they are looked at: what is wrong with them is not seen. */
const requests =
  (mend: (request: Message, world: World) => Message): FaultyProvider['wrap'] =>
  (world) =>
  (request, forward) =>
    forward(mend(request, world));
const bodies = (method: string, path: string, mend: (body: Json) => Json): FaultyProvider['wrap'] =>
  requests((request) => {
    const body = parse(request.body);
    return body && is(request, method, path) ? withJson(request, mend(body)) : request;
  });
const queries = (mend: (query: URLSearchParams) => void): FaultyProvider['wrap'] =>
  requests((request) => {
    const [path = '', query = ''] = request.target.split('?');
    const search = new URLSearchParams(query);
    if (is(request, 'GET', '/record')) mend(search);
    return query === '' && [...search].length === 0 ? request : { ...request, target: `${path}?${search}` };
  });
const trusted = (request: Message, { token }: World): Message => setHeader(request, 'authorization', `Bearer+${token}`);
const refused = (status = 400, code = 13000102): Answered => answered(status, { code, msg: 'refused' });
/** Refuses what is right. */
const refusing =
  (isWrong: (request: Message) => boolean): FaultyProvider['wrap'] =>
  () =>
  async (request, forward) => {
    const answer = await forward(request);
    return isOk(answer) && isWrong(request) ? refused() : answer;
  };
const signed = (request: Message): boolean => header(request, 'authorization')?.startsWith('HMAC') ?? false;
const bodyOf = (request: Message): Json => parse(request.body) ?? {};
const create = (request: Message): boolean => is(request, 'POST', '/record');
const createdId = (answer: Answered): string => String((parse(answer.body)?.data as Json | undefined)?.recordId);

const bodyFaults: [string, string, FaultyProvider['wrap']][] = [
  ['msg is missing', 'success-schema', successes((text) => text.replace(/"msg":"success",?/, ''))],
  [
    'the envelope is in an array',
    'answer-json',
    answers((answer) => (isOk(answer) ? withJson(answer, [parse(answer.body)]) : answer)),
  ],
  ['recordId is missing', 'success-schema', data('GET', '/record/*', ({ recordId: _, ...rest }) => rest)],
  ['recordId is a number', 'success-schema', data('GET', '/record/*', (record) => ({ ...record, recordId: 7 }))],
  ['recordId is empty', 'success-schema', data('GET', '/record/*', (record) => ({ ...record, recordId: '' }))],
  ['moduleCode is a number', 'success-schema', data('GET', '/record/*', (record) => ({ ...record, moduleCode: 101 }))],
  [
    'status has a value outside its enum',
    'success-schema',
    data('GET', '/record/*', (record) => ({ ...record, status: 3 })),
  ],
  ['version is a string', 'success-schema', data('POST', '/record', (record) => ({ ...record, version: '1' }))],
  ['version is null', 'success-schema', data('POST', '/record', (record) => ({ ...record, version: null }))],
  ['createTime is no time', 'success-schema', data('POST', '/record', (record) => ({ ...record, createTime: 'now' }))],
  ['createTime is missing', 'success-schema', data('POST', '/record', ({ createTime: _, ...rest }) => rest)],
  [
    'endTime of a new record is null',
    'success-schema',
    data('POST', '/record', (record) => ({ ...record, endTime: null })),
  ],
  ['properties is an object', 'success-schema', data('POST', '/record', (record) => ({ ...record, properties: {} }))],
  ['properties is not JSON', 'success-schema', data('POST', '/record', (record) => ({ ...record, properties: '{' }))],
  [
    'deviceInfo has no deviceId',
    'success-schema',
    data('POST', '/record', (record) => ({ ...record, deviceInfo: {} })),
  ],
  ['a list is null', 'success-schema', data('GET', '/device', () => null)],
  ['a list is an object', 'success-schema', data('GET', '/device', (list) => ({ list }))],
  ['a lock id has a space in it', 'success-schema', data('POST', '/lock', () => ({ lockId: 'a b' }))],
  [
    'nextCursor is empty on the last page',
    'success-schema',
    successes((text, request) =>
      is(request, 'GET', '/record') && !text.includes('nextCursor') ? text.replace(/\}$/, ',"nextCursor":""}') : text,
    ),
  ],
  [
    'data is missing',
    'success-schema',
    successes((text, request) => (is(request, 'POST', '/device') ? '{"code":0,"msg":"success"}' : text)),
  ],
  [
    'createTime has no milliseconds',
    'utc-times',
    data('POST', '/record', (record) => ({ ...record, createTime: String(record.createTime).replace(/\.\d+/, '') })),
  ],
  [
    'createTime has an offset',
    'utc-times',
    data('POST', '/record', (record) => ({ ...record, createTime: String(record.createTime).replace('Z', '+00:00') })),
  ],
];

const rawFaults: [string, string, FaultyProvider['wrap']][] = [
  ['code is a string', 'refusal-schema', successes((text) => text.replace('"code":0', '"code":"0"'))],
  ['an integer is written as 1.0', 'exact-numbers', successes((text) => text.replace('"version":1', '"version":1.0'))],
  ['an integer is written as 0e0', 'exact-numbers', successes((text) => text.replace('"code":0', '"code":0e0'))],
  [
    'an integer is beyond 2^53',
    'exact-numbers',
    successes((text) => text.replace('"version":1', '"version":9007199254740993')),
  ],
  ['a member comes twice', 'unique-members', successes((text) => text.replace('"code":0', '"code":1,"code":0'))],
  ['a byte order mark is in front', 'answer-json', successes((text) => `\ufeff${text}`)],
  ['the body is JSON twice', 'answer-json', successes((text) => text + text)],
  [
    'the body is in UTF-16',
    'answer-json',
    answers((answer) => ({ ...answer, body: Buffer.from(answer.body.toString(), 'utf16le') })),
  ],
  [
    'the deviceId of a record is rounded to a double',
    'record-echo',
    successes((text) =>
      text.replace(/"deviceInfo":\{"deviceId":"(\d+)"/g, (_, id) => `"deviceInfo":{"deviceId":"${Number(id)}"`),
    ),
  ],
  [
    'deviceIds are rounded to doubles',
    'creates-in-parallel',
    successes((text) => text.replace(/"deviceId":"(\d+)"/g, (_, id) => `"deviceId":"${Number(id)}"`)),
  ],
  [
    'recordIds are rounded to doubles',
    'creates-in-parallel',
    successes((text) => text.replace(/"recordId":"(\d+)"/g, (_, id) => `"recordId":"${Number(id)}"`)),
  ],
  [
    'properties are parsed and written anew',
    'record-echo',
    data('GET', '/record/*', (record) =>
      record.properties ? { ...record, properties: JSON.stringify(JSON.parse(String(record.properties))) } : record,
    ),
  ],
  [
    'properties are trimmed',
    'record-echo',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.trim() } : body,
    ),
  ],
  [
    'properties are normalised (NFC)',
    'record-echo',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.normalize('NFKC') } : body,
    ),
  ],
  [
    'characters beyond the BMP are lost',
    'record-echo',
    data('GET', '/record/*', (record) => ({
      ...record,
      ...(record.properties ? { properties: String(record.properties).replace(/[\u{10000}-\u{10ffff}]/gu, '?') } : {}),
    })),
  ],
  [
    'long properties are cut off',
    'record-echo',
    data('GET', '/record/*', (record) =>
      String(record.properties).length > 16_000 ? { ...record, properties: '"cut"' } : record,
    ),
  ],
  ['moduleCode is always 101', 'record-echo', data('POST', '/record', (record) => ({ ...record, moduleCode: '101' }))],
];

const headerFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    'no Content-Type',
    'answer-content-type',
    answers((answer) => ({ ...answer, headers: answer.headers.filter(([name]) => name !== 'content-type') })),
  ],
  [
    'Content-Type text/plain',
    'answer-content-type',
    answers((answer) => setHeader(answer, 'content-type', 'text/plain')),
  ],
  [
    'Content-Type text/html on refusals',
    'answer-content-type',
    answers((answer) => (isOk(answer) ? answer : setHeader(answer, 'content-type', 'text/html'))),
  ],
  [
    'a charset other than UTF-8',
    'answer-content-type',
    answers((answer) => setHeader(answer, 'content-type', 'application/json; charset=iso-8859-1')),
  ],
];

const statusFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    '201 for a new record',
    'documented-status',
    answers((answer, request) => (create(request) && isOk(answer) ? { ...answer, status: 201 } : answer)),
  ],
  [
    '204 without a body',
    'documented-status',
    answers((answer, request) =>
      is(request, 'PATCH', '/lock') && isOk(answer) ? { ...answer, status: 204, body: Buffer.alloc(0) } : answer,
    ),
  ],
  [
    '302 to a login page',
    'documented-status',
    answers((answer) => (answer.status === 401 ? { ...answer, status: 302 } : answer)),
  ],
  ['200 where another status was declared', 'refusal-form', refusals((_, answer) => ({ ...answer, status: 200 }))],
  [
    '500 where a field is missing',
    'no-server-error',
    refusals((_, answer) => (answer.status === 400 ? { ...answer, status: 500 } : answer)),
  ],
  [
    '503 at the 10th request of each ten',
    'no-server-error',
    () => {
      let count = 0;
      return async (request, forward) => {
        count += 1;
        return count % 10 === 0 ? answered(503, { code: 503, msg: 'busy' }) : forward(request);
      };
    },
  ],
  ['refusals in HTML', 'answer-json', refusals((_, answer) => ({ ...answer, body: Buffer.from('<html>400</html>') }))],
  ['refusals without a body', 'answer-json', refusals((_, answer) => ({ ...answer, body: Buffer.alloc(0) }))],
  ['refusals with code 0', 'refusal-schema', refusals((envelope) => ({ ...envelope, code: 0 }))],
  ['refusals without code', 'refusal-schema', refusals(({ code: _, ...rest }) => rest)],
  [
    'refusals whose code is a string',
    'refusal-schema',
    refusals((envelope) => ({ ...envelope, code: String(envelope.code) })),
  ],
  ['refusals without msg', 'refusal-schema', refusals(({ msg: _, ...rest }) => rest)],
  ['refusals with data', 'refusal-schema', refusals((envelope) => ({ ...envelope, data: null }))],
  [
    'a stack trace in a refusal',
    'no-disclosure',
    refusals((envelope) => ({ ...envelope, msg: 'Error: no\n    at check (/srv/app/check.js:12:3)' })),
  ],
  [
    'a statement in a refusal',
    'no-disclosure',
    refusals((envelope) => ({ ...envelope, msg: 'SELECT * FROM records WHERE id = 1' })),
  ],
  [
    'the credential in a refusal',
    'no-disclosure',
    () => async (request, forward) => {
      const answer = await forward(request);
      return isOk(answer) ? answer : withJson(answer, { code: 400, msg: `bad ${header(request, 'authorization')}` });
    },
  ],
];

const timeFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    'an answer that never comes',
    'answered',
    () => async (request, forward) => (is(request, 'PATCH', '/lock') ? 'hang' : forward(request)),
  ],
  [
    'an answer beyond the limit',
    'answered',
    () => async (request, forward) => {
      const answer = await forward(request);
      if (is(request, 'PATCH', '/lock')) await new Promise((done) => setTimeout(done, 900));
      return answer;
    },
  ],
  [
    'a connection that is closed',
    'answered',
    () => async (request, forward) => (is(request, 'PATCH', '/lock') ? 'reset' : forward(request)),
  ],
  [
    'a body that is cut off',
    'answered',
    () => async (request, forward) => (is(request, 'PATCH', '/lock') ? 'cut off' : forward(request)),
  ],
  [
    'malformed JSON is never answered',
    'malformed-body-refused',
    () => async (request, forward) => (request.body.length > 0 && !parse(request.body) ? 'hang' : forward(request)),
  ],
];

/** Whether a signature was made of a request with one part altered. */
const isSignedOtherwise = (request: Message, { app }: World, part: string): boolean => {
  const { tamper } = tamperings.find((one) => one.part === part) ?? {};
  if (!tamper) throw new Error(`the suite tampers with no ${part}`);
  const [path = '', query = ''] = request.target.split('?');
  const body = request.body.length > 0 ? request.body : undefined;
  const message = {
    method: request.method,
    path,
    query: [...new URLSearchParams(query)],
    headers: request.headers,
    body,
  };
  return header(request, 'authorization') === appAuthorization(app, tamper(message), signedNames(request.headers));
};

const signatureWithout = (part: string): [string, string, FaultyProvider['wrap']] => [
  `a signature does not cover ${part}`,
  `signature-${part}`,
  requests((request, world) => (isSignedOtherwise(request, world, part) ? trusted(request, world) : request)),
];

/** Accepts a credential of the main user's that the server would refuse. */
const accepting = (
  isAccepted: (authorization: string, request: Message, world: World) => boolean,
): FaultyProvider['wrap'] =>
  requests((request, world) =>
    header(request, 'x-user-id') === world.userId && isAccepted(header(request, 'authorization') ?? '', request, world)
      ? trusted(request, world)
      : request,
  );

const dated = (isForgiven: (age: number) => boolean): FaultyProvider['wrap'] =>
  requests((request, world) => {
    const text = (header(request, 'x-date') ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    );
    const age = (Date.now() - Date.parse(text)) / 1000;
    return isForgiven(age) ? setHeader(trusted(request, world), 'x-date', xDate()) : request;
  });

const authenticationFaults: [string, string, FaultyProvider['wrap']][] = [
  ['no credential is needed', 'no-credential-refused', accepting((value) => value === '')],
  [
    'no credential is needed to read',
    'no-credential-refused',
    accepting((value, { method }) => value === '' && method === 'GET'),
  ],
  [
    'no credential is needed to release a lock',
    'no-credential-refused',
    accepting((value, request) => value === '' && is(request, 'DELETE', '/lock')),
  ],
  [
    'an empty credential is enough',
    'no-credential-refused',
    requests((request, world) => (header(request, 'authorization') === '' ? trusted(request, world) : request)),
  ],
  ['any token is good', 'token-wrong-refused', accepting((value) => /^Bearer\+./.test(value))],
  [
    'a token is compared by its start',
    'token-wrong-refused',
    accepting((value, _, { token }) => value.startsWith(`Bearer+${token.slice(0, 10)}`)),
  ],
  [
    'a token is good under any scheme',
    'token-wrong-refused',
    accepting((value, _, { token }) => value.endsWith(` ${token}`)),
  ],
  ['a scheme is enough', 'token-wrong-refused', accepting((value) => /^Bearer\+?$/.test(value))],
  [
    'any token is good to list devices',
    'token-wrong-refused',
    accepting((value, request) => /^Bearer\+./.test(value) && is(request, 'GET', '/device')),
  ],
  [
    'a token never expires',
    'token-expired-refused',
    accepting((value, _, { expiredToken }) => value === `Bearer+${expiredToken}`),
  ],
  [
    'X-User-Id is believed',
    'user-other-refused',
    requests((request, { userId, token }) =>
      header(request, 'authorization')?.endsWith(token) && header(request, 'x-user-id')
        ? setHeader(request, 'x-user-id', userId)
        : request,
    ),
  ],
  [
    'X-User-Id is compared by its start',
    'user-other-refused',
    requests((request, { userId }) =>
      !signed(request) && header(request, 'x-user-id')?.startsWith(userId)
        ? setHeader(request, 'x-user-id', userId)
        : request,
    ),
  ],
  ['signatures are not checked', 'signature-secret', accepting((_, request) => signed(request))],
  [
    'an unknown app is let in',
    'signature-secret',
    accepting((value, _, { app }) => value.startsWith('HMAC') && !value.includes(app.appId)),
  ],
  ...tamperings.map(({ part }) => signatureWithout(part)),
  [
    'x-date need not be signed',
    'signature-names',
    accepting((value) => value.startsWith('HMAC') && !/SignedHeaders=[^,]*x-date/.test(value)),
  ],
  [
    'x-user-id need not be signed',
    'signature-names',
    accepting((value) => value.startsWith('HMAC') && !/SignedHeaders=[^,]*x-user-id/.test(value)),
  ],
  ['signed headers may come in any order', 'signature-order', accepting((value) => value.includes('x-user-id;x-date'))],
  [
    'a signature is compared by its start',
    'signature-form',
    accepting(
      (value, request, { app }) =>
        signed(request) && value.includes(app.appId) && (/Signature=([0-9a-f]*)$/.exec(value)?.[1]?.length ?? 64) < 64,
    ),
  ],
  [
    'the algorithm is not looked at',
    'signature-form',
    requests((request) =>
      setHeader(request, 'authorization', (header(request, 'authorization') ?? '').replace('HMAC-NONE', 'HMAC-SHA256')),
    ),
  ],
  ['an empty signature is good', 'signature-form', accepting((value) => value.endsWith('Signature='))],
  ['X-Date may be 16 minutes old', 'date-old-refused', dated((age) => age > 900 && age <= 960)],
  ['X-Date may be a second too old', 'date-old-refused', dated((age) => age > 900 && age < 904)],
  ['X-Date may be of any age', 'date-old-refused', dated((age) => age > 900)],
  ['X-Date may be 5 minutes ahead', 'date-ahead-refused', dated((age) => age < 0 && age > -300)],
  ['X-Date may be some seconds ahead', 'date-ahead-refused', dated((age) => age < 0 && age > -5)],
  ['X-Date may be in the next year', 'date-ahead-refused', dated((age) => age < -3_000_000)],
  [
    'X-Date must be of the last 5 minutes',
    'date-in-window-accepted',
    () => async (request, forward) => {
      const text = (header(request, 'x-date') ?? '').replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      return Date.now() - Date.parse(text) > 300_000 ? refused(401, 401) : forward(request);
    },
  ],
  [
    'what is refused for its credential is done',
    'refused-changes-nothing',
    (world) => async (request, forward) => {
      const answer = await forward(request);
      if (answer.status === 401 && create(request)) await forward(trusted(request, world));
      return answer;
    },
  ],
];

const fill = (
  name: string,
  value: (world: World) => string,
  when: (sent: string | undefined) => boolean,
): FaultyProvider['wrap'] =>
  requests((request, world) => (when(header(request, name)) ? setHeader(request, name, value(world)) : request));
const missing = (sent: string | undefined): boolean => sent === undefined;
const empty = (sent: string | undefined): boolean => sent === '';
const isDate = (sent = ''): boolean => /^\d{8}T\d{6}Z$/.test(sent);

const validationFaults: [string, string, FaultyProvider['wrap']][] = [
  ['X-User-Id may be missing', 'missing-refused', fill('x-user-id', ({ userId }) => userId, missing)],
  ['X-User-Id may be empty', 'empty-refused', fill('x-user-id', ({ userId }) => userId, empty)],
  ['X-Date may be missing', 'missing-refused', fill('x-date', xDate, missing)],
  ['X-Date may be empty', 'empty-refused', fill('x-date', xDate, empty)],
  [
    'X-Date may be of any form',
    'pattern-refused',
    fill('x-date', xDate, (sent) => sent !== undefined && sent !== '' && !isDate(sent)),
  ],
  ['X-Date may have the hour 24', 'pattern-refused', fill('x-date', xDate, (sent = '') => /T24/.test(sent))],
  ['X-Date may have the month 13', 'pattern-refused', fill('x-date', xDate, (sent = '') => /^\d{4}13/.test(sent))],
  [
    'the lock may be missing',
    'missing-refused',
    () => {
      let live = '';
      return async (request, forward) => {
        const lock = header(request, 'x-backup-lock-id');
        const answer = await forward(
          lock === undefined && live ? setHeader(request, 'x-backup-lock-id', live) : request,
        );
        if (lock && isOk(answer) && !is(request, 'DELETE', '/lock')) live = lock;
        return answer;
      };
    },
  ],
  [
    'a header may be sent twice',
    'repeated-refused',
    requests((request) => ({
      ...request,
      headers: request.headers.filter(
        ([name], i) => request.headers.findIndex(([other]) => other.toLowerCase() === name.toLowerCase()) === i,
      ),
    })),
  ],
  [
    'moduleCode may be missing',
    'missing-refused',
    bodies('POST', '/record', (body) => ({ moduleCode: '101', ...body })),
  ],
  [
    'moduleCode may be 103',
    'enum-refused',
    bodies('POST', '/record', (body) => (body.moduleCode === '103' ? { ...body, moduleCode: '101' } : body)),
  ],
  [
    'moduleCode may be any text',
    'enum-refused',
    bodies('POST', '/lock', (body) =>
      typeof body.moduleCode === 'string' && !/^10[012]$/.test(body.moduleCode) ? { moduleCode: '102' } : body,
    ),
  ],
  [
    'moduleCode of a list may be any text',
    'enum-refused',
    queries((query) => {
      if (!/^10[012]$/.test(query.get('moduleCode') ?? '101')) query.set('moduleCode', '101');
    }),
  ],
  [
    'moduleCode may have a space at its end',
    'enum-refused',
    bodies('POST', '/record', (body) =>
      typeof body.moduleCode === 'string' ? { ...body, moduleCode: body.moduleCode.trim() } : body,
    ),
  ],
  ['deviceId may be missing', 'missing-refused', bodies('POST', '/record', (body) => ({ deviceId: '1', ...body }))],
  [
    'deviceId may be a number',
    'wrong-type-refused',
    bodies('POST', '/record', (body) =>
      typeof body.deviceId === 'number' ? { ...body, deviceId: String(body.deviceId) } : body,
    ),
  ],
  [
    'deviceId may be null',
    'wrong-type-refused',
    bodies('POST', '/record', (body) => (body.deviceId === null ? { ...body, deviceId: '1' } : body)),
  ],
  [
    'deviceId may be empty',
    'empty-refused',
    bodies('POST', '/record', (body) => (body.deviceId === '' ? { ...body, deviceId: '1' } : body)),
  ],
  [
    'moduleCode may be a number',
    'wrong-type-refused',
    bodies('POST', '/lock', (body) =>
      typeof body.moduleCode === 'number' ? { moduleCode: String(body.moduleCode) } : body,
    ),
  ],
  [
    'properties may be an object',
    'wrong-type-refused',
    bodies('POST', '/record', (body) => (typeof body.properties === 'object' ? { ...body, properties: '{}' } : body)),
  ],
  [
    'properties need not be JSON',
    'json-string-refused',
    bodies('POST', '/record', (body) => {
      try {
        JSON.parse(String(body.properties));
        return body;
      } catch {
        return { ...body, properties: '{}' };
      }
    }),
  ],
  [
    'properties of a completion need not be JSON',
    'json-string-refused',
    bodies('PATCH', '/record/*', (body) => {
      try {
        JSON.parse(String(body.properties ?? '{}'));
        return body;
      } catch {
        return {};
      }
    }),
  ],
  [
    'machineCode may be 65 long',
    'bounds-refused',
    bodies('POST', '/device', (body) =>
      typeof body.machineCode === 'string' && body.machineCode.length === 65
        ? { ...body, machineCode: body.machineCode.slice(1) }
        : body,
    ),
  ],
  [
    'machineCode of 64 is refused',
    'bounds-refused',
    refusing((request) => is(request, 'POST', '/device') && String(bodyOf(request).machineCode).length === 64),
  ],
  [
    'machineCode may have a hyphen',
    'pattern-refused',
    bodies('POST', '/device', (body) =>
      typeof body.machineCode === 'string' ? { ...body, machineCode: body.machineCode.replaceAll('-', '') } : body,
    ),
  ],
  [
    'deviceName may have any letters',
    'pattern-refused',
    bodies('POST', '/device', (body) =>
      typeof body.deviceName === 'string'
        ? { ...body, deviceName: body.deviceName.replace(/[^\x20-\x7e]/gu, '') }
        : body,
    ),
  ],
  [
    'deviceName may be 33 long',
    'bounds-refused',
    bodies('POST', '/device', (body) =>
      typeof body.deviceName === 'string' && body.deviceName.length === 33 ? { ...body, deviceName: 'x' } : body,
    ),
  ],
  [
    'X-traceid may be 57 long',
    'bounds-refused',
    requests((request) =>
      header(request, 'x-traceid')?.length === 57 ? setHeader(request, 'x-traceid', 'x'.repeat(58)) : request,
    ),
  ],
  [
    'pageSize may be 0',
    'bounds-refused',
    queries((query) => {
      if (query.get('pageSize') === '0') query.set('pageSize', '1');
    }),
  ],
  [
    'pageSize may be 101',
    'bounds-refused',
    queries((query) => {
      if (query.get('pageSize') === '101') query.set('pageSize', '100');
    }),
  ],
  ['pageSize of 100 is refused', 'bounds-refused', refusing(({ target }) => /pageSize=100(&|$)/.test(target))],
  [
    'pageSize may be missing',
    'missing-refused',
    queries((query) => {
      if (!query.has('pageSize')) query.set('pageSize', '20');
    }),
  ],
  [
    'pageSize may be 1.5',
    'wrong-type-refused',
    queries((query) => {
      if (query.get('pageSize') === '1.5') query.set('pageSize', '1');
    }),
  ],
  [
    'pageSize may be sent twice',
    'repeated-refused',
    queries((query) => {
      const [first] = query.getAll('pageSize');
      if (first !== undefined) query.set('pageSize', first);
    }),
  ],
  [
    'cursor may be 1001 long',
    'bounds-refused',
    queries((query) => {
      if ((query.get('cursor')?.length ?? 0) > 1000) query.delete('cursor');
    }),
  ],
];

const acceptanceFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    'everything is refused',
    'examples-accepted',
    () => async (request, forward) => (is(request, 'GET', '/device') ? forward(request) : refused()),
  ],
  [
    'a new record needs properties',
    'optional-accepted',
    refusing((request) => create(request) && !('properties' in bodyOf(request))),
  ],
  [
    'a completion needs properties',
    'examples-accepted',
    refusing((request) => is(request, 'PATCH', '/record/*') && !('properties' in bodyOf(request))),
  ],
  [
    'moduleCode 100 is refused',
    'enum-accepted',
    refusing((request) => create(request) && bodyOf(request).moduleCode === '100'),
  ],
  ['moduleCode 100 of a list is refused', 'enum-accepted', refusing(({ target }) => target.includes('moduleCode=100'))],
  [
    'properties that are null are refused',
    'json-string-accepted',
    refusing((request) => bodyOf(request).properties === 'null'),
  ],
  [
    'properties with emoji are refused',
    'json-string-accepted',
    refusing((request) => /[\u{10000}-\u{10ffff}]/u.test(String(bodyOf(request).properties))),
  ],
  [
    'properties of 64 KB are refused',
    'long-accepted',
    refusing((request) => String(bodyOf(request).properties).length > 65_536),
  ],
  [
    'a body without Content-Type is refused',
    'wire-forms-accepted',
    refusing((request) => request.body.length > 0 && header(request, 'content-type') === undefined),
  ],
  [
    'a charset is refused',
    'wire-forms-accepted',
    refusing((request) => header(request, 'content-type')?.includes('charset') ?? false),
  ],
  [
    'a deviceName with a space is refused',
    'generated-accepted',
    refusing((request) => is(request, 'POST', '/device') && / /.test(String(bodyOf(request).deviceName))),
  ],
  [
    'an unknown field makes it fail',
    'harmless',
    () => async (request, forward) =>
      'unknown' in bodyOf(request) ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
  [
    'a large body makes it fail',
    'harmless',
    () => async (request, forward) =>
      request.body.length > 2_000_000 ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
];

const sound = Buffer.from(JSON.stringify({ moduleCode: '102' }));

const protocolFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    'malformed JSON is taken for {}',
    'malformed-body-refused',
    requests((request) =>
      is(request, 'PATCH', '/record/*') && !isJson(request.body) ? { ...request, body: Buffer.from('{}') } : request,
    ),
  ],
  [
    'malformed JSON makes it fail',
    'malformed-body-refused',
    () => async (request, forward) =>
      request.body.length > 0 && !isJson(request.body) ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
  [
    'what follows the JSON is passed over',
    'malformed-body-refused',
    requests((request) => {
      const text = request.body.toString();
      return text.endsWith('}}') && !isJson(request.body)
        ? { ...request, body: Buffer.from(text.slice(0, -1)) }
        : request;
    }),
  ],
  [
    'bytes that are not UTF-8 are replaced',
    'malformed-body-refused',
    requests((request) => ({
      ...request,
      body:
        request.body.length > 0 && request.body.includes(0xff) ? Buffer.from(request.body.toString()) : request.body,
    })),
  ],
  [
    'an array is taken for its first item',
    'body-shape-refused',
    requests((request) => {
      const value = isJson(request.body) ? JSON.parse(request.body.toString()) : undefined;
      return Array.isArray(value) && value.length > 0 ? withJson(request, value[0]) : request;
    }),
  ],
  [
    'null is taken for {}',
    'body-shape-refused',
    requests((request) =>
      request.body.toString() === 'null' && is(request, 'PATCH', '/record/*')
        ? { ...request, body: Buffer.from('{}') }
        : request,
    ),
  ],
  [
    'a body may be missing',
    'missing-refused',
    requests((request) =>
      request.body.length === 0 && is(request, 'PATCH', '/record/*')
        ? { ...request, body: Buffer.from('{}') }
        : request,
    ),
  ],
  [
    'text/plain is taken for JSON',
    'content-type-refused',
    requests((request) =>
      header(request, 'content-type') === 'text/plain'
        ? setHeader(request, 'content-type', 'application/json')
        : request,
    ),
  ],
  [
    'any Content-Type is taken for JSON',
    'content-type-refused',
    requests((request) => (request.body.length > 0 ? setHeader(request, 'content-type', 'application/json') : request)),
  ],
  [
    'any charset is taken for UTF-8',
    'content-type-refused',
    requests((request) =>
      setHeader(request, 'content-type', (header(request, 'content-type') ?? 'application/json').replace(/;.*/, '')),
    ),
  ],
  [
    'Content-Encoding is passed over',
    'content-type-refused',
    requests((request) => ({
      ...request,
      headers: request.headers.filter(([name]) => name.toLowerCase() !== 'content-encoding'),
    })),
  ],
  [
    'PUT is taken for PATCH',
    'undocumented-method-refused',
    requests((request) =>
      request.method === 'PUT' && is({ ...request, method: 'PATCH' }, 'PATCH', '/record/*')
        ? { ...request, method: 'PATCH', body: Buffer.from('{}') }
        : request,
    ),
  ],
  [
    'any method reads',
    'undocumented-method-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 405 && METHODS.includes(request.method)
        ? answered(200, { code: 0, msg: 'success', data: [] })
        : answer;
    },
  ],
  [
    'an unknown path is answered',
    'undocumented-path-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 404 ? answered(200, { code: 0, msg: 'success' }) : answer;
    },
  ],
  [
    'an unknown method is answered in HTML',
    'answer-json',
    () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 405 ? { ...answer, body: Buffer.from('<h1>405</h1>') } : answer;
    },
  ],
  [
    'a lock is taken without a body',
    'missing-refused',
    requests((request) =>
      request.body.length === 0 && is(request, 'POST', '/lock') ? { ...request, body: sound } : request,
    ),
  ],
];

/** Keeps the user's live locks, and uses one where the one that was sent is refused. */
const lockForgiven =
  (isForgiven: (request: Message, world: World) => boolean): FaultyProvider['wrap'] =>
  (world) => {
    const live = new Set<string>();
    return async (request, forward) => {
      const answer = await forward(request);
      if (isOk(answer) && header(request, 'x-user-id') === world.userId) {
        if (is(request, 'POST', '/lock')) live.add(lockIdOf(answer));
        if (is(request, 'DELETE', '/lock')) live.delete(header(request, 'x-backup-lock-id') ?? '');
      }
      const [lock] = live;
      if (answer.status !== 409 || !lock || !isForgiven(request, world)) return answer;
      return forward(setHeader(request, 'x-backup-lock-id', lock));
    };
  };
const lockIdOf = (answer: Answered): string => String((parse(answer.body)?.data as Json | undefined)?.lockId);

/** Asks as the user to whom a record belongs. */
const asOwner =
  (isForgiven: (request: Message) => boolean): FaultyProvider['wrap'] =>
  (world) =>
  async (request, forward) => {
    if (header(request, 'x-user-id') !== world.other.userId || !isForgiven(request)) return forward(request);
    return forward(setHeader(trusted(request, world), 'x-user-id', world.userId));
  };

const listChanged = (change: (envelope: Json, request: Message) => Json): FaultyProvider['wrap'] =>
  successes((text, request) =>
    is(request, 'GET', '/record') ? JSON.stringify(change(JSON.parse(text), request)) : text,
  );
const later = (time: unknown, ms: number): string => new Date(Date.parse(String(time)) + ms).toISOString();
const records = (envelope: Json): Json[] => envelope.data as Json[];

const stateFaults: [string, string, FaultyProvider['wrap']][] = [
  [
    'a record needs a bound device',
    'unbound-device-accepted',
    () => {
      const unbound = new Set<string>();
      return async (request, forward) => {
        if (is(request, 'DELETE', '/device/*')) unbound.add(request.target.split('/').at(-1) ?? '');
        if (!is(request, 'POST', '/record')) return forward(request);
        const { deviceId } = JSON.parse(`${request.body}`);
        return unbound.has(deviceId) ? answered(400, { code: 13000309, msg: 'no such device' }) : forward(request);
      };
    },
  ],
  ['no live lock is needed to create', 'lock-needed', lockForgiven(create)],
  ['no live lock is needed to delete', 'lock-needed', lockForgiven((request) => is(request, 'DELETE', '/record/*'))],
  [
    'an unknown lock is released',
    'lock-needed',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'DELETE', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'a lock is released twice',
    'lock-released',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'DELETE', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'a released lock can be renewed',
    'lock-released',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'PATCH', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'releasing does nothing',
    'lock-exclusive',
    () => async (request, forward) =>
      is(request, 'DELETE', '/lock') ? answered(200, { code: 0, msg: 'success' }) : forward(request),
  ],
  [
    'a lock is handed out twice',
    'lock-exclusive',
    () => {
      let last: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/lock')) return answer;
        if (isOk(answer)) last = answer;
        return answer.status === 409 ? (last ?? answer) : answer;
      };
    },
  ],
  [
    'of two who ask at once both get the lock',
    'lock-parallel',
    () => {
      let last: { at: number; answer: Answered } | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/lock')) return answer;
        if (isOk(answer)) last = { at: Date.now(), answer };
        return answer.status === 409 && last && Date.now() - last.at < 100 ? last.answer : answer;
      };
    },
  ],
  ["another user's lock is good", 'lock-other-user', lockForgiven((request) => create(request))],
  [
    "a lock stands in another user's way",
    'lock-other-user',
    (world) => async (request, forward) =>
      is(request, 'POST', '/lock') && header(request, 'x-user-id') === world.other.userId
        ? refused(409, 409)
        : forward(request),
  ],
  ['a new record has version 0', 'record-new', data('POST', '/record', (record) => ({ ...record, version: 0 }))],
  ['a new record has status 1', 'record-new', data('POST', '/record', (record) => ({ ...record, status: 1 }))],
  [
    'a new record has an endTime',
    'record-new',
    data('POST', '/record', (record) => ({ ...record, endTime: record.createTime })),
  ],
  [
    'createTime is local time that says it is UTC',
    'record-new',
    data('POST', '/record', (record) => ({ ...record, createTime: later(record.createTime, 8 * 3_600_000) })),
  ],
  [
    'createTime differs between creating and reading',
    'record-found',
    data('GET', '/record/*', (record) => ({ ...record, createTime: later(record.createTime, 1) })),
  ],
  [
    'a new record is not in the list',
    'record-found',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).filter(({ status }) => status !== 0) })),
  ],
  [
    'a record that was created cannot be read',
    'record-found',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'GET', '/record/*') && isOk(answer) ? refused(400, 13000309) : answer;
    },
  ],
  [
    'a completion changes nothing',
    'record-completed',
    () => async (request, forward) =>
      is(request, 'PATCH', '/record/*') ? answered(200, { code: 0, msg: 'success' }) : forward(request),
  ],
  [
    'a completed record has no endTime',
    'record-completed',
    data('GET', '/record/*', ({ endTime: _, ...record }) => record),
  ],
  [
    'endTime moves with each reading',
    'record-completed',
    () => {
      let n = 0;
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        const record = envelope?.data as Json | undefined;
        if (!is(request, 'GET', '/record/*') || !record?.endTime) return answer;
        n += 1;
        return withJson(answer, { ...envelope, data: { ...record, endTime: later(record.endTime, n) } });
      };
    },
  ],
  ['the version is not counted', 'record-completed', data('GET', '/record/*', (record) => ({ ...record, version: 1 }))],
  [
    'a completion without properties removes them',
    'record-completed',
    bodies('PATCH', '/record/*', (body) => ({ properties: 'null', ...body })),
  ],
  ['new properties of a completion are passed over', 'record-completed', bodies('PATCH', '/record/*', () => ({}))],
  [
    'a deletion changes nothing',
    'record-deleted',
    () => async (request, forward) =>
      is(request, 'DELETE', '/record/*') ? answered(200, { code: 0, msg: 'success' }) : forward(request),
  ],
  [
    'a deleted record is completed',
    'record-deleted',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'PATCH', '/record/*') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'records that are created at once get one id',
    'creates-in-parallel',
    () => {
      let last: { at: number; answer: Promise<Answered> } | undefined;
      return (request, forward) => {
        if (!create(request)) return forward(request);
        if (last && Date.now() - last.at < 5) return last.answer;
        const answer = forward(request);
        last = { at: Date.now(), answer };
        return answer;
      };
    },
  ],
  [
    'a write is lost under concurrency',
    'creates-in-parallel',
    () => {
      let open = 0;
      const lost = new Set<string>();
      return async (request, forward) => {
        if (is(request, 'GET', '/record'))
          return listed(await forward(request), (record) => !lost.has(String(record.recordId)));
        if (!create(request)) return forward(request);
        open += 1;
        const answer = await forward(request);
        if (open > 4 && lost.size === 0) lost.add(createdId(answer));
        open -= 1;
        return answer;
      };
    },
  ],
  [
    'a page loses its last record',
    'list-pages',
    listChanged((envelope) => (envelope.nextCursor ? { ...envelope, data: records(envelope).slice(0, -1) } : envelope)),
  ],
  [
    'a page repeats the last record of the one before',
    'list-pages',
    () => {
      let last: Json | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        if (!is(request, 'GET', '/record') || !isOk(answer) || !envelope) return answer;
        const page = records(envelope);
        const all = request.target.includes('cursor=') && last ? [last, ...page.slice(0, -1)] : page;
        last = page.at(-1);
        return withJson(answer, { ...envelope, data: all });
      };
    },
  ],
  ['nextCursor is missing where there are more', 'list-pages', listChanged(({ nextCursor: _, ...rest }) => rest)],
  [
    'the oldest record is first',
    'list-pages',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).toReversed() })),
  ],
  [
    'pageSize is passed over',
    'list-pages',
    queries((query) => {
      if (/^\d+$/.test(query.get('pageSize') ?? '')) query.set('pageSize', '100');
    }),
  ],
  [
    'a list is not filtered by deviceId',
    'list-filtered',
    queries((query) => {
      query.delete('deviceId');
    }),
  ],
  [
    'a list is not filtered by moduleCode',
    'list-filtered',
    () => async (request, forward) => {
      const answer = await forward(request);
      if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
      const all: unknown[] = [];
      for (const code of ['100', '101', '102']) {
        const one = await forward({
          ...request,
          target: request.target.replace(/moduleCode=\d+/, `moduleCode=${code}`),
        });
        all.push(...((parse(one.body)?.data as unknown[]) ?? []));
      }
      return withJson(answer, { ...parse(answer.body), data: all });
    },
  ],
  [
    'a cursor that is none begins anew',
    'cursor-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 400 && request.target.includes('cursor=')
        ? forward({ ...request, target: request.target.replace(/&cursor=[^&]*/, '') })
        : answer;
    },
  ],
  [
    'a cursor is good for another list',
    'cursor-refused',
    () => {
      const known = new Set<string>();
      return async (request, forward) => {
        const answer = await forward(request);
        const { nextCursor } = parse(answer.body) ?? {};
        if (typeof nextCursor === 'string') known.add(nextCursor);
        const cursor = /cursor=([^&]*)/.exec(request.target)?.[1] ?? '';
        return answer.status === 400 && known.has(cursor)
          ? answered(200, { code: 0, msg: 'success', data: [] })
          : answer;
      };
    },
  ],
  [
    'an unknown record is found',
    'unknown-id-refused',
    () => {
      let last: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'GET', '/record/*')) return answer;
        if (isOk(answer)) last = answer;
        return answer.status === 400 && last ? last : answer;
      };
    },
  ],
  [
    'an unknown record is deleted',
    'unknown-id-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'DELETE', '/record/*') && answer.status === 400
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'an unknown id makes it fail',
    'unknown-id-refused',
    () => async (request, forward) =>
      /\/record\/[^\d]/.test(request.target) ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
  ["another user's record can be read", 'others-private', asOwner((request) => is(request, 'GET', '/record/*'))],
  ["another user's records are listed", 'others-private', asOwner((request) => is(request, 'GET', '/record'))],
  ["another user's device can be unbound", 'others-private', asOwner((request) => is(request, 'DELETE', '/device/*'))],
  ["another user's devices are listed", 'others-private', asOwner((request) => is(request, 'GET', '/device'))],
  [
    'a machine that is bound again is a new device',
    'device-bound',
    data('POST', '/device', (device) => ({
      ...device,
      deviceId: `${device.deviceId}${Math.floor(performance.now()) % 10}${Math.random()}`,
    })),
  ],
  [
    'deviceName of a bound device does not change',
    'device-bound',
    () => {
      const names = new Map<unknown, unknown>();
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        const device = envelope?.data as Json | undefined;
        if (!is(request, 'POST', '/device') || !isOk(answer) || !device) return answer;
        if (!names.has(device.deviceId)) names.set(device.deviceId, device.deviceName);
        return withJson(answer, { ...envelope, data: { ...device, deviceName: names.get(device.deviceId) } });
      };
    },
  ],
  ['deviceOS is lost', 'device-bound', data('POST', '/device', ({ deviceOS: _, ...device }) => device)],
  [
    'the device that was bound last is in front',
    'device-bound',
    data('GET', '/device', (devices) => (devices as unknown as Json[]).toReversed()),
  ],
  [
    'an unbound device stays',
    'device-unbound',
    () => {
      let kept: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (is(request, 'GET', '/device')) {
          if (kept) return kept;
        }
        if (is(request, 'DELETE', '/device/*') && isOk(answer)) {
          const list = await forward({ ...request, method: 'GET', target: `${root}/device` });
          kept = withJson(list, {
            code: 0,
            msg: 'success',
            data: [...((parse(list.body)?.data as unknown[]) ?? []), parse(answer.body)?.data],
          });
        }
        return answer;
      };
    },
  ],
  [
    'a record of an unbound device is gone',
    'device-unbound',
    () => {
      let isGone = false;
      return async (request, forward) => {
        const answer = await forward(request);
        if (is(request, 'DELETE', '/device/*') && isOk(answer)) isGone = true;
        return isGone && is(request, 'GET', '/record/*') ? refused(400, 13000309) : answer;
      };
    },
  ],
  [
    'a lock lasts five minutes',
    'lock-expires',
    () => {
      const ends = new Map<string, number>();
      return async (request, forward) => {
        const answer = await forward(request);
        const now = Date.parse(header(answer, 'date') ?? '');
        if (is(request, 'POST', '/lock') && isOk(answer)) ends.set(lockIdOf(answer), now + 300_000);
        const end = ends.get(header(request, 'x-backup-lock-id') ?? '');
        return is(request, 'PATCH', '/lock') && end !== undefined && now > end ? refused(409, 409) : answer;
      };
    },
  ],
  [
    'a lock never expires',
    'lock-expires',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'PATCH', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
];

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}

function listed(answer: Answered, isKept: (record: Json) => boolean): Answered {
  const envelope = parse(answer.body);
  return envelope && isOk(answer) ? withJson(answer, { ...envelope, data: records(envelope).filter(isKept) }) : answer;
}

const classes: Record<string, [string, string, FaultyProvider['wrap']][]> = {
  'response body': bodyFaults,
  'numbers, unicode, raw JSON': rawFaults,
  'response headers and content type': headerFaults,
  'status and error shape': statusFaults,
  'slow, flaky, hanging': timeFaults,
  authentication: authenticationFaults,
  'request validation': validationFaults,
  'valid requests': acceptanceFaults,
  protocol: protocolFaults,
  'state and users': stateFaults,
  'existence of what is not shown': existenceFaults,
};

/** Every faulty provider. */
export const faultyProviders: FaultyProvider[] = Object.entries(classes).flatMap(([name, faults]) =>
  faults.map(([fault, check, wrap]) => ({ name: fault, class: name, check, wrap })),
);
