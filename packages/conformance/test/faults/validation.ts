import {
  bodies,
  bodyOf,
  type Fault,
  header,
  is,
  isOk,
  queries,
  refusing,
  requests,
  setHeader,
  type World,
  type Wrap,
  xDate,
} from './parts.ts';

const fill = (name: string, value: (world: World) => string, when: (sent: string | undefined) => boolean): Wrap =>
  requests((request, world) => (when(header(request, name)) ? setHeader(request, name, value(world)) : request));
const missing = (sent: string | undefined): boolean => sent === undefined;
const empty = (sent: string | undefined): boolean => sent === '';
const isDate = (sent = ''): boolean => /^\d{8}T\d{6}Z$/.test(sent);

export const validationFaults: Fault[] = [
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
  [
    'pageSize of 100 is refused',
    'bounds-refused',
    refusing(({ target }) => /pageSize=100(&|$)/.test(target)),
    ['generated-accepted'],
  ],
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
