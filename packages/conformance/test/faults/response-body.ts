import { answers, data, type Fault, is, isOk, parse, successes, withJson } from './parts.ts';

export const bodyFaults: Fault[] = [
  ['msg is missing', 'success-schema', successes((text) => text.replace(/,"msg":"success"/, ''))],
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
