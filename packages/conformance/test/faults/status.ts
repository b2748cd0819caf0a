import { answered, answers, create, type Fault, header, is, isOk, refusals, withJson } from './parts.ts';

export const statusFaults: Fault[] = [
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
