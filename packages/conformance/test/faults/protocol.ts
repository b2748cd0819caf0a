import { METHODS } from 'node:http';
import { answered, type Fault, header, is, requests, setHeader, withJson } from './parts.ts';

const sound = Buffer.from(JSON.stringify({ moduleCode: '102' }));

export const protocolFaults: Fault[] = [
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

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}
