import { answered, bodyOf, create, type Fault, header, is, refused, refusing } from './parts.ts';

export const acceptanceFaults: Fault[] = [
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
