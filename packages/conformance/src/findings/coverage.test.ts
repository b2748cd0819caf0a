import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import type { Exchange } from '../http/session.ts';
import { judge } from '../judge/oracle.ts';
import { createCoverage } from './coverage.ts';

const contract = readContract(document);
const of = (refusal: 'status' | 'envelope', pattern: RegExp): string[] =>
  createCoverage(contract, refusal)
    .coverage()
    .responses.outOfReach.filter((pointer) => pattern.test(pointer));

it('counts a 5xx, and the status `default`, as out of reach', () => {
  const { length } = contract.operations;
  expect(of('status', /500$/)).toHaveLength(length);
  expect(of('status', /default$/)).toHaveLength(length);
  expect(of('status', /\d00$/)).toHaveLength(length);
});

it('counts a 4xx as out of reach if the provider refuses by envelope', () => {
  expect(of('envelope', /\/200$/)).toEqual([]);
  expect(of('envelope', /\/4\d\d$/)).not.toEqual([]);
  const { total } = createCoverage(contract, 'envelope').coverage().responses;
  expect(total).toBe(contract.operations.length);
});

it('counts a part that is out of reach if it was seen after all', () => {
  const [operation] = contract.operations;
  if (!operation) throw new Error('the contract has no operation');
  const account = createCoverage(contract, 'status');
  const before = account.coverage().responses;
  const { method, path: template } = operation;
  const body = Buffer.from('{"code":500,"msg":"failed"}');
  const answer = { status: 500, statusText: '', httpVersion: '1.1', headers: {}, body, waitedMs: 0 };
  const exchange: Exchange = {
    call: { operation, method, template, path: {}, query: [], headers: [], body: undefined },
    request: { method, target: template, headers: [], body: undefined },
    identity: { userId: '7' },
    number: 1,
    credential: 'token',
    answer,
    failure: undefined,
    judgement: judge(answer, operation, true, 'status'),
    sentAt: 0,
    durationMs: 1,
  };
  account.observe(exchange);
  const { total, exercised, outOfReach } = account.coverage().responses;
  expect({ total, exercised }).toEqual({ total: before.total + 1, exercised: 1 });
  expect(outOfReach).toEqual(before.outOfReach.filter((pointer) => pointer !== `${operation.pointer}/responses/500`));
});

it('leaves the length of a cursor to the provider', () => {
  const { outOfReach, never } = createCoverage(contract, 'status').coverage().bounds;
  expect(outOfReach.map((pointer) => pointer.replace(/^.*\//, '')).sort()).toEqual(['maxLength', 'minLength']);
  expect(never.length).toBeGreaterThan(0);
});
