import {
  answered,
  bodies,
  type Fault,
  header,
  is,
  isOk,
  type Json,
  parse,
  queries,
  requests,
  setHeader,
  trusted,
  type Wrap,
  withJson,
} from './parts.ts';

/** Repairs the last segment of a path. */
const ids = (path: '/record/*' | '/device/*', mend: (id: string) => string): Wrap =>
  requests((request) => {
    const [, before = '', id = ''] = /^(.*\/)([^/]+)$/.exec(request.target) ?? [];
    const isHere = is(request, request.method, path);
    return isHere ? { ...request, target: before + encodeURIComponent(mend(decodeURIComponent(id))) } : request;
  });

/** Replaces a text that almost equals a value of the provider with that value. */
const near =
  (
    made: RegExp,
    place: RegExp,
    isNear: (sent: string, known: string) => boolean,
    where: (target: string) => boolean = () => true,
  ): Wrap =>
  () => {
    const known = new Set<string>();
    return async (request, forward) => {
      const [, before = '', sent = ''] = where(request.target) ? (place.exec(request.target) ?? []) : [];
      const text = decodeURIComponent(sent);
      const meant = sent === '' || known.has(text) ? undefined : [...known].find((one) => isNear(text, one));
      const target =
        meant === undefined
          ? request.target
          : request.target.replace(before + sent, before + encodeURIComponent(meant));
      const answer = await forward({ ...request, target });
      for (const [, id = ''] of `${answer.body}`.matchAll(made)) known.add(id);
      return answer;
    };
  };

const record = /"recordId":"([^"]+)"/g;
const device = /"deviceId":"([^"]+)"/g;
const cursor = /"nextCursor":"([^"]+)"/g;
const inPath = /(\/(?:record|device)\/)([^/?]+)/;
const asCursor = /(cursor=)([^&]+)/;
const asFilter = /(deviceId=)([^&]+)/;

const locks = (mend: (id: string) => string): Wrap =>
  requests((request) => {
    const [lock, ...more] = request.headers.flatMap(([name, value]) =>
      /^x-backup-lock-id$/i.test(name) ? [value] : [],
    );
    // Leave a header that is sent twice.
    return lock === undefined || more.length > 0 ? request : setHeader(request, 'x-backup-lock-id', mend(lock));
  });

const tokens = (isGood: (sent: string, token: string) => boolean): Wrap =>
  requests((request, world) => {
    const [, sent = ''] = /^Bearer\+(.*)$/.exec(header(request, 'authorization') ?? '') ?? [];
    const isMain = header(request, 'x-user-id') === world.userId;
    return isMain && isGood(sent, world.token) ? trusted(request, world) : request;
  });

const users = (isGood: (sent: string, userId: string) => boolean): Wrap =>
  requests((request, world) => {
    const isMain = header(request, 'authorization')?.endsWith(world.token) ?? false;
    const sent = header(request, 'x-user-id') ?? '';
    return isMain && isGood(sent, world.userId) ? setHeader(request, 'x-user-id', world.userId) : request;
  });

const apps = (isGood: (sent: string, appId: string) => boolean): Wrap =>
  requests((request, { app }) => {
    const value = header(request, 'authorization') ?? '';
    const [, sent = ''] = /AppId=([^,]*)/.exec(value) ?? [];
    return isGood(sent, app.appId) ? setHeader(request, 'authorization', value.replace(sent, app.appId)) : request;
  });

const machines = (mend: (code: string) => string): Wrap =>
  bodies('POST', '/device', (body) =>
    typeof body.machineCode === 'string' ? { ...body, machineCode: mend(body.machineCode) } : body,
  );

const isLike = (pattern: string, text: string): boolean =>
  /[%_*]/.test(pattern) &&
  new RegExp(
    `^${pattern
      .replace(/[.?+^$()[\]{}|\\]/g, '\\$&')
      .replace(/[%*]/g, '.*')
      .replace(/_/g, '.')}$`,
  ).test(text);
const isSameNumber = (one: string, other: string): boolean => one !== '' && Number(one) === Number(other);
const isSameText = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Faults that accept a text in place of the opaque value that it almost equals. */
export const samenessFaults: Fault[] = [
  ['a recordId may have zeros in front', 'unknown-id-refused', ids('/record/*', (id) => id.replace(/^0+(?=\d)/, ''))],
  ['a recordId is compared as a number', 'unknown-id-refused', near(record, inPath, isSameNumber)],
  [
    'a recordId is compared by its start',
    'unknown-id-refused',
    near(record, inPath, (sent, id) => sent.startsWith(id)),
    ['pattern-refused'],
  ],
  ['a recordId is a pattern of LIKE', 'unknown-id-refused', near(record, inPath, isLike)],
  [
    'a recordId is decoded twice',
    'unknown-id-refused',
    near(record, inPath, (sent, id) => sent.replace(/%3(\d)/g, '$1') === id),
  ],
  ['a recordId may be in quotes', 'unknown-id-refused', ids('/record/*', (id) => id.replace(/^"(.*)"$/, '$1'))],
  [
    'a recordId is read up to a comma',
    'unknown-id-refused',
    near(record, inPath, (sent, id) => sent.split(',')[0] === id),
  ],
  [
    'a recordId in hexadecimal is good',
    'unknown-id-refused',
    near(record, inPath, (sent, id) => /^0x/.test(sent) && BigInt(sent) === BigInt(id)),
  ],
  [
    'a recordId wraps at 64 bits',
    'unknown-id-refused',
    near(record, inPath, (sent, id) => /^\d{18,}$/.test(sent) && String(BigInt.asUintN(64, BigInt(sent))) === id),
  ],
  [
    'a deviceId is compared by its start',
    'unknown-id-refused',
    near(
      device,
      inPath,
      (sent, id) => sent.startsWith(id),
      (target) => target.includes('/device/'),
    ),
  ],
  ['a deviceId may have zeros in front', 'unknown-id-refused', ids('/device/*', (id) => id.replace(/^0+(?=\d)/, ''))],
  [
    'a long id makes it fail',
    'unknown-id-refused',
    () => async (request, forward) =>
      request.target.length > 4_000 ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
  ['a lock id may be in capitals', 'lock-needed', locks((id) => id.toLowerCase())],
  ['a lock id is read up to a comma', 'lock-needed', locks((id) => id.replace(/,.*$/, ''))],
  ['a lock id may have a character behind', 'lock-needed', locks((id) => id.replace(/x$/, ''))],
  ['a lock id may be in quotes', 'lock-needed', locks((id) => id.replaceAll('"', ''))],
  ['a lock id is read up to a semicolon', 'lock-needed', locks((id) => id.replace(/;.*$/, ''))],
  ['a lock id may have a zero in front', 'lock-needed', locks((id) => (/^0[\da-f]{8}-/.test(id) ? id.slice(1) : id))],
  ['a token may be in another letter case', 'token-wrong-refused', tokens(isSameText)],
  ['a token may have something behind it', 'token-wrong-refused', tokens((sent, token) => sent.startsWith(token))],
  ['a token may have something in front', 'token-wrong-refused', tokens((sent, token) => sent.endsWith(token))],
  ['a token may be in quotes', 'token-wrong-refused', tokens((sent, token) => sent === `"${token}"`)],
  ['X-User-Id is compared as a number', 'user-other-refused', users(isSameNumber)],
  ['X-User-Id may have something behind it', 'user-other-refused', users((sent, id) => sent.startsWith(id))],
  ['X-User-Id is a pattern of LIKE', 'user-other-refused', users(isLike)],
  ['an app id may be in another letter case', 'signature-secret', apps(isSameText)],
  ['an app id may have something behind it', 'signature-secret', apps((sent, id) => sent.startsWith(id))],
  ['a cursor may be in another letter case', 'cursor-refused', near(cursor, asCursor, isSameText)],
  [
    'the last character of a cursor does not count',
    'cursor-refused',
    near(cursor, asCursor, (sent, one) => sent.length === one.length && sent.slice(0, -1) === one.slice(0, -1)),
  ],
  [
    'a cursor may have something behind it',
    'cursor-refused',
    near(cursor, asCursor, (sent, one) => sent.startsWith(one)),
  ],
  [
    'the first half of a cursor is enough',
    'cursor-refused',
    near(cursor, asCursor, (sent, one) => sent.length > 8 && one.startsWith(sent.slice(0, 20))),
  ],
  ['a cursor may be in quotes', 'cursor-refused', near(cursor, asCursor, (sent, one) => sent === `"${one}"`)],
  ['a machineCode is compared in small letters', 'device-bound', machines((code) => code.toLowerCase())],
  ['a machineCode may have a zero in front', 'device-bound', machines((code) => code.replace(/^0(?=c)/, ''))],
  ['a machineCode is cut off', 'device-bound', machines((code) => code.replace(/(\d)[0x_]$/, '$1'))],
  ['a filter by deviceId is a pattern of LIKE', 'list-filtered', near(device, asFilter, isLike)],
  ['a filter by deviceId is a number', 'list-filtered', near(device, asFilter, isSameNumber)],
  [
    'a filter by deviceId is compared by its start',
    'list-filtered',
    near(device, asFilter, (sent, id) => sent.startsWith(id)),
  ],
  [
    'the device of a record may have zeros in front',
    'unbound-device-accepted',
    bodies('POST', '/record', (body) =>
      typeof body.deviceId === 'string' ? { ...body, deviceId: body.deviceId.replace(/^0+(?=\d)/, '') } : body,
    ),
  ],
  [
    'the device of a record is rounded to a double',
    'unbound-device-accepted',
    () => {
      const known = new Set<string>();
      return async (request, forward) => {
        const body = parse(request.body);
        const sent = String(body?.deviceId);
        const meant = [...known].find((id) => isSameNumber(id, sent));
        const isRounded = is(request, 'POST', '/record') && meant !== undefined && !known.has(sent);
        const answer = await forward(isRounded ? withJson(request, { ...body, deviceId: meant }) : request);
        if (is(request, 'POST', '/device')) for (const [, id = ''] of `${answer.body}`.matchAll(device)) known.add(id);
        return answer;
      };
    },
  ],
  [
    "another user's machine is the same device",
    'others-private',
    () => {
      const devices = new Map<unknown, unknown>();
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/device') || !isOk(answer)) return answer;
        const { machineCode } = parse(request.body) ?? {};
        const envelope = parse(answer.body);
        const data = envelope?.data as Json;
        if (!devices.has(machineCode)) devices.set(machineCode, data.deviceId);
        return withJson(answer, { ...envelope, data: { ...data, deviceId: devices.get(machineCode) } });
      };
    },
    ['device-unbound'],
  ],
  [
    'an empty cursor begins anew',
    'empty-refused',
    queries((query) => {
      if (query.get('cursor') === '') query.delete('cursor');
    }),
  ],
  [
    'an empty deviceId is no filter',
    'empty-refused',
    queries((query) => {
      if (query.get('deviceId') === '') query.delete('deviceId');
    }),
  ],
];
