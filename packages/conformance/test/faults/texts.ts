import {
  answered,
  bodies,
  data,
  type Fault,
  header,
  is,
  isOk,
  listChanged,
  parse,
  queries,
  records,
  refused,
  requests,
  setHeader,
  successes,
  trusted,
  type Wrap,
} from './parts.ts';

/** Changes the properties of a record before they are stored. */
const properties = (change: (text: string) => string): Wrap =>
  bodies('POST', '/record', (body) =>
    typeof body.properties === 'string' ? { ...body, properties: change(body.properties) } : body,
  );

/** Changes a field of a device before it is stored. */
const named = (field: 'deviceName' | 'deviceOS', change: (text: string) => string): Wrap =>
  bodies('POST', '/device', (body) => {
    const text = body[field];
    // An empty field would be a second fault.
    return typeof text === 'string' ? { ...body, [field]: change(text) || text } : body;
  });

/** Shows other properties of a record than were stored. */
const shown = (change: (text: string) => string): Wrap =>
  data('GET', '/record/*', (record) =>
    typeof record.properties === 'string' ? { ...record, properties: change(record.properties) } : record,
  );

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Faults that return texts changed. */
export const textFaults: Fault[] = [
  ['properties lose the blanks at their ends', 'record-echo', properties((text) => text.trim())],
  ['runs of blanks in properties become one', 'record-echo', properties((text) => text.replace(/ +/g, ' '))],
  ['U+FEFF is dropped from properties', 'record-echo', properties((text) => text.replaceAll('\ufeff', ''))],
  [
    'noncharacters of properties are replaced',
    'record-echo',
    properties((text) => text.replace(/[\uffff\ufdd0]/g, '\ufffd')),
  ],
  [
    'characters beyond the BMP are replaced',
    'record-echo',
    properties((text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, '?')),
  ],
  ['properties are normalised', 'record-echo', properties((text) => text.normalize('NFC'))],
  ['properties are percent-decoded', 'record-echo', properties(decoded)],
  ['a plus in properties becomes a blank', 'record-echo', properties((text) => text.replaceAll('+', ' '))],
  ['DEL is dropped from properties', 'record-echo', properties((text) => text.replaceAll('\u007f', ''))],
  ['properties are escaped for HTML', 'record-echo', shown((text) => text.replaceAll('<', '&lt;'))],
  ['entities in properties are decoded', 'record-echo', shown((text) => text.replaceAll('&amp;', '&'))],
  [
    'line separators of properties become line feeds',
    'record-echo',
    shown((text) => text.replace(/[\u2028\u2029]/g, '\\n')),
  ],
  ['escapes in properties are decoded', 'record-echo', shown((text) => text.replaceAll('\\/', '/'))],
  ...[255, 4_095, 65_535, 999_999].map(
    (length): Fault => [
      `properties are cut off after ${length} characters`,
      'record-echo',
      shown((text) => text.slice(0, length)),
    ],
  ),
  ['a deviceName is trimmed', 'device-bound', named('deviceName', (text) => text.trim())],
  [
    'runs of blanks in a deviceName become one',
    'device-bound',
    named('deviceName', (text) => text.replace(/ +/g, ' ')),
  ],
  [
    'line feeds of a deviceName become blanks',
    'device-bound',
    named('deviceName', (text) => text.replace(/[\r\n]/g, ' ')),
  ],
  ['U+FEFF is dropped from a deviceName', 'device-bound', named('deviceName', (text) => text.replaceAll('\ufeff', ''))],
  [
    'a no-break space of a deviceOS becomes a blank',
    'device-bound',
    named('deviceOS', (text) => text.replaceAll('\u00a0', ' ')),
  ],
  ['a deviceOS is trimmed', 'device-bound', named('deviceOS', (text) => text.trim())],
  ['a deviceName is in small letters', 'device-bound', named('deviceName', (text) => text.toLowerCase())],
];

/** Faults in which one page or answer differs from the others. */
export const agreementFaults: Fault[] = [
  [
    'a list ends after 200 records',
    'list-pages',
    () => {
      let count = 0;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
        const { nextCursor, ...envelope } = parse(answer.body) ?? {};
        count = (request.target.includes('cursor=') ? count : 0) + records(envelope).length;
        const kept = count >= 200 || nextCursor === undefined ? envelope : { ...envelope, nextCursor };
        return { ...answer, body: Buffer.from(JSON.stringify(kept)) };
      };
    },
  ],
  [
    'a last page that is full has a nextCursor',
    'list-pages',
    () => async (request, forward) => {
      if (request.target.includes('cursor=none')) return answered(200, { code: 0, msg: 'success', data: [] });
      const answer = await forward(request);
      if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
      const envelope = parse(answer.body) ?? {};
      const size = Number(/pageSize=(\d+)/.exec(request.target)?.[1]);
      if (envelope.nextCursor !== undefined || records(envelope).length !== size) return answer;
      return { ...answer, body: Buffer.from(JSON.stringify({ ...envelope, nextCursor: 'none' })) };
    },
  ],
  [
    'a list shows the first version of a record',
    'record-completed',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).map((one) => ({ ...one, version: 1 })) })),
  ],
  [
    'a list shows no endTime',
    'record-completed',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).map(({ endTime: _, ...one }) => one) })),
  ],
  [
    'a list shows a deleted record as new',
    'record-deleted',
    listChanged((envelope) => ({
      ...envelope,
      data: records(envelope).map((one) => (one.status === 2 ? { ...one, status: 0 } : one)),
    })),
  ],
  [
    'a list shows no properties',
    'record-echo',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).map(({ properties: _, ...one }) => one) })),
    ['list-filtered'],
  ],
  [
    'binding a device answers with another createTime than the list',
    'device-bound',
    data('POST', '/device', (one) => ({ ...one, createTime: new Date().toISOString() })),
    ['record-echo'],
  ],
  [
    'unbinding a device answers without its name',
    'device-unbound',
    successes((text, request) =>
      is(request, 'DELETE', '/device/*') ? text.replace(/"machineCode":"[^"]*",?/, '').replace(',}', '}') : text,
    ),
  ],
];

const numbers = (mend: (text: string) => string): Wrap =>
  queries((query) => {
    const sent = query.get('pageSize');
    if (sent !== null && sent !== '') query.set('pageSize', mend(sent));
  });

/** Repairs malformed bodies before the provider sees them, as a careless parser would. */
const mended = (isHere: (body: Buffer) => boolean, mend: (body: Buffer) => Buffer): Wrap =>
  requests((request) => (isHere(request.body) ? { ...request, body: mend(request.body) } : request));

const endsIn = (end: string): Wrap =>
  mended(
    (body) => body.length > 0 && body.toString().endsWith(`}${end}`),
    (body) => Buffer.from(body.toString().slice(0, -end.length)),
  );

const replacing = (bytes: number[]): Wrap =>
  mended(
    (body) => body.includes(Buffer.from(bytes)),
    (body) => Buffer.from(body.toString()),
  );

const isSigned = (value: string | undefined): boolean => value?.startsWith('HMAC') ?? false;

const refusingSigned =
  (isWrong: (query: string, size: number) => boolean): Wrap =>
  () =>
  async (request, forward) => {
    const [, query = ''] = request.target.split('?');
    const isRefused = isSigned(header(request, 'authorization')) && isWrong(query, request.body.length);
    return isRefused ? refused(401, 401) : forward(request);
  };

/** Faults that accept values which are almost right. */
export const nearlyRightFaults: Fault[] = [
  ['digits of another script are a number', 'wrong-type-refused', numbers((text) => text.normalize('NFKC'))],
  ['blanks around a number are passed over', 'wrong-type-refused', numbers((text) => text.trim())],
  ['a number may have a sign', 'wrong-type-refused', numbers((text) => text.replace(/^\+/, ''))],
  ['a number may have an underscore', 'wrong-type-refused', numbers((text) => text.replace('_', ''))],
  [
    'a number is read as far as it is one',
    'wrong-type-refused',
    numbers((text) => String(Number.parseInt(text, 10) || text)),
  ],
  [
    'a number wraps at 64 bits',
    'bounds-refused',
    numbers((text) => (/^\d{15,}$/.test(text) ? String(BigInt.asUintN(64, BigInt(text))) : text)),
  ],
  [
    'a number wraps at 32 bits',
    'bounds-refused',
    numbers((text) => (/^\d{5,}$/.test(text) ? String(BigInt.asUintN(32, BigInt(text))) : text)),
  ],
  [
    'an empty X-traceid is passed over',
    'empty-refused',
    requests((request) => ({
      ...request,
      headers: request.headers.filter(([name, value]) => !(name.toLowerCase() === 'x-traceid' && value === '')),
    })),
  ],
  ['a NUL behind the JSON is passed over', 'malformed-body-refused', endsIn('\0')],
  ['U+FEFF behind the JSON is passed over', 'malformed-body-refused', endsIn('\ufeff')],
  ['a no-break space behind the JSON is passed over', 'malformed-body-refused', endsIn('\u00a0')],
  ['a comma behind the JSON is passed over', 'malformed-body-refused', endsIn(',')],
  ['a comment behind the JSON is passed over', 'malformed-body-refused', endsIn('//')],
  ['half of a surrogate pair in UTF-8 is replaced', 'malformed-body-refused', replacing([0xed, 0xa0, 0x80])],
  ['a character that is cut off is replaced', 'malformed-body-refused', replacing([0xe2, 0x82, 0x22])],
  ['a character beyond Unicode is replaced', 'malformed-body-refused', replacing([0xf4, 0x90, 0x80, 0x80])],
  ['a character that begins in its middle is replaced', 'malformed-body-refused', replacing([0x22, 0x80])],
  [
    'half of a surrogate pair in properties is replaced',
    'json-string-refused',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.toWellFormed() } : body,
    ),
  ],
  [
    'what follows the JSON in properties is passed over',
    'json-string-refused',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.replace(/^1[ ,].*$/, '1') } : body,
    ),
  ],
  [
    'a long name of a field makes it fail',
    'harmless',
    () => async (request, forward) =>
      Object.keys(parse(request.body) ?? {}).some((name) => name.length > 65_536)
        ? answered(500, { code: 500, msg: 'failed' })
        : forward(request),
  ],
  [
    'a number beyond all doubles makes it fail',
    'harmless',
    () => async (request, forward) =>
      request.body.includes('1e999') ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
  ],
  [
    'a long body is signed at its start only',
    'signature-body',
    requests((request, world) =>
      isSigned(header(request, 'authorization')) && request.body.length > 65_536 ? trusted(request, world) : request,
    ),
  ],
  [
    'a signature may have digits behind it',
    'signature-form',
    requests((request) =>
      setHeader(
        request,
        'authorization',
        (header(request, 'authorization') ?? '').replace(/(Signature=[0-9a-f]{64})[0-9a-f]+$/, '$1'),
      ),
    ),
  ],
  [
    'a plus in a signed query is a blank',
    'signature-encoding-accepted',
    refusingSigned((query) => query.includes('%2B')),
  ],
  [
    'a signed query must be sorted',
    'signature-encoding-accepted',
    refusingSigned((query) => query !== query.split('&').sort().join('&')),
  ],
  [
    'a signed query is encoded by half',
    'signature-encoding-accepted',
    refusingSigned((query) => /%2[1789A]/.test(query)),
  ],
  [
    'a tilde in a signed query is encoded',
    'signature-encoding-accepted',
    refusingSigned((query) => query.includes('~')),
  ],
  [
    'a percent sign in a signed query is encoded once',
    'signature-encoding-accepted',
    refusingSigned((query) => query.includes('%25')),
  ],
  ['a long signed body is refused', 'signature-encoding-accepted', refusingSigned((_, size) => size > 65_536)],
];
