import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, is, parse } from './parts.ts';

export const timeFaults: Fault[] = [
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
      if (is(request, 'PATCH', '/lock')) await sleep(900);
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
