import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, is, parse, setHeader } from './parts.ts';

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
    'a Content-Encoding is false',
    'answered',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'PATCH', '/lock') ? setHeader(answer, 'content-encoding', 'gzip') : answer;
    },
  ],
  [
    'every second record is created, and the connection closed',
    'answered',
    () => {
      let count = 0;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/record')) return answer;
        count += 1;
        return count % 2 === 0 ? 'reset' : answer;
      };
    },
  ],
  [
    'malformed JSON is never answered',
    'answered',
    () => async (request, forward) => (request.body.length > 0 && !parse(request.body) ? 'hang' : forward(request)),
  ],
];
