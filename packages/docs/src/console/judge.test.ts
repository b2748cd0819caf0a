import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import type { Draft } from './draft.ts';
import { judgeAnswer, requestViolations } from './judge.ts';
import type { ConsoleOperation } from './operations.ts';

const operations = readContract(contract).operations.map((operation) => asInTheConsole(operation));

/** Does what the build does to an operation, but with validators of this process. */
function asInTheConsole(operation: Operation): ConsoleOperation {
  const answers = Object.entries(operation.responses).map(([status, { validate }]) => [status, validate]);
  const parameters = operation.parameters.map((parameter) => ({ ...parameter, description: '' }));
  return { ...operation, parameters, summary: '', answers: Object.fromEntries(answers) };
}

function operationOf(id: string): ConsoleOperation {
  const operation = operations.find((each) => each.id === id);
  if (!operation) throw new Error(`no operation ${id}`);
  return operation;
}

describe('requestViolations', () => {
  const draft: Draft = {
    operation: operationOf('listBackupRecord'),
    address: 'http://127.0.0.1:4010',
    userId: '1505084218764547200',
    parameters: { path: {}, query: { moduleCode: '101', pageSize: '20', cursor: '' }, header: {} },
    body: '',
  };
  const query = (change: Record<string, string>): Draft => ({
    ...draft,
    parameters: { ...draft.parameters, query: { ...draft.parameters.query, ...change } },
  });

  it.each<[string, Draft, string[]]>([
    ['a good request', draft, []],
    ['a number out of its range', query({ pageSize: '0' }), [expect.stringMatching(/^query\.pageSize must be >= /)]],
    ['a text where a number belongs', query({ pageSize: 'x' }), ['query.pageSize must be integer']],
    ['a missing user id', { ...draft, userId: '' }, ['header.X-User-Id is missing or empty']],
  ])('says what the contract has against %s', (_, request, expected) => {
    expect(requestViolations(request)).toEqual(expected);
  });

  it('judges the headers that were sent', () => {
    expect(requestViolations(draft, new Headers({ 'x-user-id': '7', 'x-date': 'today' }))).toEqual([
      expect.stringMatching(/^header\.X-Date must match pattern/),
    ]);
  });
});

describe('judgeAnswer', () => {
  const refusal = { code: 409, msg: 'no' };
  it.each<[string, number, unknown, string, string[]]>([
    ['a success', 200, { code: 0, msg: 'success' }, 'Accepted', []],
    ['a success without its text', 200, { code: 0 }, 'Accepted', ['body.msg is missing']],
    ['a refusal', 409, refusal, 'Refused', []],
    ['a refusal with status 200', 200, refusal, 'Refused', []],
    ['a refusal with a status that the contract does not name', 418, refusal, 'Refused', []],
    [
      'a refusal with data',
      400,
      { ...refusal, data: {} },
      'Refused',
      ['body.data must not be there: a refusal has no data'],
    ],
    ['an answer without a code', 500, { msg: 'no' }, 'Refused', ['body.code is missing']],
    ['a list', 200, [], 'Refused', ['body must be object']],
    ['a gateway', 429, { error_code: 'APIGW.0308' }, expect.stringContaining('gateway') as never, []],
  ])('judges %s', (_, status, body, outcome, violations) => {
    const judgement = judgeAnswer(operationOf('completeBackup'), status, JSON.stringify(body));
    expect(judgement).toEqual({ outcome, violations });
  });

  it.each(['', '<html>', '{"code":0'])('finds that %j is not JSON', (text) => {
    const { violations } = judgeAnswer(operationOf('completeBackup'), 502, text);
    expect(violations).toEqual(['body is not JSON']);
  });
});
