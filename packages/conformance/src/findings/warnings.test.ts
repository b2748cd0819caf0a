import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import type { Coverage, Share } from './coverage.ts';
import type { Result } from './report.ts';
import { warningsOf } from './warnings.ts';

const contract = readContract(document);
const all: Share = { total: 20, exercised: 20, never: [], outOfReach: [] };
const coverage: Coverage = {
  operations: all,
  inputs: all,
  enumValues: all,
  bounds: all,
  responses: all,
  examples: all,
};
const whole = { endedEarly: undefined, leftOut: 0 };

const results = (...outcomes: Result['outcome'][]): Result[] =>
  outcomes.map((outcome, i) => ({
    check: `check ${i}`,
    title: '',
    level: 'contract',
    outcome,
    observations: 0,
    violated: 0,
    violations: [],
  }));

const never = (count: number): Share => ({
  total: 20,
  exercised: 20 - count,
  never: Array.from({ length: count }, (_, i) => `/${i}`),
  outOfReach: [],
});

const passed = (count: number): Result['outcome'][] => Array.from({ length: count }, () => 'passed');

it('is empty for a run that saw everything of its level', () => {
  expect(warningsOf(contract, results(...passed(10), 'skipped'), coverage, whole)).toEqual([]);
});

it('says how many checks saw nothing, if they are more than a tenth', () => {
  expect(warningsOf(contract, results(...passed(9), 'not observed'), coverage, whole)).toEqual([]);
  expect(
    warningsOf(contract, results(...passed(8), 'not observed', 'not observed', 'skipped'), coverage, whole),
  ).toEqual(['2 of 10 checks saw nothing that they could judge']);
});

it('does not count a check that saw something of one operation', () => {
  const [one, other] = results('passed', 'not observed');
  if (!one || !other) throw new Error('there are no results');
  expect(warningsOf(contract, [one, { ...other, check: one.check }], coverage, whole)).toEqual([]);
});

it('names the operations that accepted no request', () => {
  const { pointer = '', id } = contract.operations[0] ?? {};
  const responses = { total: 2, exercised: 1, never: [`${pointer}/responses/200`], outOfReach: [] };
  expect(warningsOf(contract, results('passed'), { ...coverage, responses }, whole)).toEqual([
    `the provider accepted no request to ${id}`,
  ]);
});

it('counts parameters and fields that were never accepted, if they are more than a tenth', () => {
  expect(warningsOf(contract, results('passed'), { ...coverage, inputs: never(2) }, whole)).toEqual([]);
  expect(warningsOf(contract, results('passed'), { ...coverage, inputs: never(3) }, whole)).toEqual([
    '3 of 20 parameters and fields were never in a request that was accepted',
  ]);
});

it('reports a run that ended early, or that left checks out', () => {
  expect(
    warningsOf(contract, results('passed'), coverage, {
      endedEarly: 'the run ended at its limit of requests',
      leftOut: 3,
    }),
  ).toEqual(['the run ended at its limit of requests', '3 checks were left out']);
});
