import { answers, type Fault, isOk, setHeader } from './parts.ts';

export const headerFaults: Fault[] = [
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
