import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { type Judgement, judge } from './oracle.ts';

const [operation] = readContract(document).operations;

function judged(status: number, body: unknown): Judgement {
  if (!operation) throw new Error('the contract has no operation');
  const bytes = Buffer.from(JSON.stringify(body));
  return judge(
    { status, body: bytes, statusText: '', httpVersion: '1.1', headers: {}, waitedMs: 0 },
    operation,
    true,
    'either',
  );
}

const gateway = { error_code: 'APIGW.0303', error_msg: 'Incorrect app authentication information', request_id: '1' };

it('counts a refusal in a gateway’s own form as a refusal', () => {
  expect(judged(401, gateway)).toMatchObject({
    verdict: 'refused',
    isDenied: true,
    violations: [],
    got: 'status 401, error_code "APIGW.0303" of a gateway',
  });
});

it.each([
  ['a success has that form', 200, gateway],
  ['its code is no text', 401, { ...gateway, error_code: 303 }],
  ['it has a code of the contract too', 401, { ...gateway, code: '401' }],
  ['it is an array', 401, [gateway]],
])('finds a violation if %s', (_what, status, body) => {
  const { verdict, violations } = judged(status, body);
  expect(verdict).toBe('neither');
  expect(violations).not.toEqual([]);
});
