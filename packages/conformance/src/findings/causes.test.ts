import { expect, it } from 'vitest';
import type { AnswerCheck, Objection } from '../check.ts';
import { findingsOf, type Linked, linksOf } from './causes.ts';
import type { Result } from './report.ts';

const linked = (check: string, operation: string, ...links: string[]): Linked => {
  const first = { pointer: '/', expected: check, got: 'that', atFault: 'provider' as const };
  const result: Result = {
    check,
    operation,
    title: check,
    level: 'contract',
    outcome: 'violated',
    observations: 0,
    violated: 2,
    violations: [first],
  };
  return { result, links: new Set(links), isRefusals: false, subject: undefined };
};

it('groups results that share a link, directly or through another result', () => {
  const findings = findingsOf([
    linked('a', 'one', 'check a', 'request 1'),
    linked('b', 'two', 'check b', 'request 2'),
    linked('c', 'one', 'check c', 'request 1', 'refusal no'),
    linked('d', 'three', 'check d', 'refusal no'),
  ]);
  expect(findings).toMatchObject([
    { check: 'a', checks: ['a', 'c', 'd'], operations: ['one', 'three'], violated: 6, first: { expected: 'a' } },
    { check: 'b', checks: ['b'], operations: ['two'], violated: 2 },
  ]);
});

it('joins groups that a later result links, and names the finding by the first check', () => {
  const findings = findingsOf([linked('a', 'one', 'x'), linked('b', 'one', 'y'), linked('c', 'one', 'x', 'y')]);
  expect(findings).toMatchObject([{ check: 'a', checks: ['a', 'b', 'c'] }]);
  expect(findings).toHaveLength(1);
});

it('names a finding by the check with the most violations', () => {
  const rare = linked('a', 'one', 'x');
  const often = { ...linked('b', 'one', 'x'), result: { ...linked('b', 'one').result, violated: 9 } };
  expect(findingsOf([rare, often])).toMatchObject([{ check: 'b', checks: ['b', 'a'], violated: 11 }]);
});

it('names a finding by another violation before a wrong refusal', () => {
  const refusals = { ...linked('a', 'one', 'x'), isRefusals: true };
  expect(findingsOf([refusals, linked('b', 'one', 'x')])).toMatchObject([{ check: 'b', checks: ['b', 'a'] }]);
});

it('reports one finding for an operation that accepts everything', () => {
  const accepting = (count: number): Linked[] =>
    Array.from({ length: count }, (_, i) => linked(`check-${i}`, 'one', `acceptance of one at /${i} `));
  expect(findingsOf(accepting(3))).toHaveLength(3);
  expect(findingsOf([...accepting(4), linked('other', 'two', 'acceptance of two at /0 ')])).toHaveLength(2);
});

it('puts findings that fail the run first', () => {
  const reading = {
    ...linked('a', 'one', 'x'),
    result: { ...linked('a', 'one').result, outcome: 'our reading' as const },
  };
  expect(findingsOf([reading, linked('b', 'two', 'y')])).toMatchObject([
    { check: 'b', fails: true },
    { check: 'a', fails: false },
  ]);
});

it('links results that compare the same fields of an operation, whatever their values are', () => {
  const objection = (expected: string): Objection => ({ pointer: '/', expected, got: 'that' });
  const check: AnswerCheck = { id: 'a', title: 'a', level: 'contract', look: () => 'nothing' };
  const linksOfField = (expected: string): string[] => linksOf(check, 'one', objection(expected));
  expect(linksOfField('{"recordIds":["1","2"]}')).toEqual(linksOfField('{"recordIds":[]}'));
  expect(linksOfField('{"status":1,"deviceInfo":{"deviceId":"1"}}')).toEqual([
    'check a',
    'one status',
    'one deviceInfo',
  ]);
  expect(linksOfField('refused: body.a "1"')).toEqual(linksOfField('refused: body.a "2"'));
});

it('names a finding by a scenario about the operation, then by the first in the list of checks', () => {
  const scenario = (name: string, subject: string, violated: number): Linked => {
    const { result, ...rest } = linked(name, 'one', 'x');
    return { ...rest, result: { ...result, violated }, subject };
  };
  const all = [scenario('other', 'two', 9), scenario('simple', 'one', 1), scenario('complex', 'one', 5)];
  expect(findingsOf(all)).toMatchObject([{ check: 'simple', checks: ['simple', 'complex', 'other'] }]);
});

it('names a finding of wrong refusals by a refused twin last', () => {
  const refusal = (name: string, expected: string): Linked => {
    const { result, ...rest } = linked(name, 'one', 'x');
    const violations = result.violations.map((violation) => ({ ...violation, expected }));
    return { ...rest, isRefusals: true, result: { ...result, violations } };
  };
  const twin = refusal('twin', 'accepted: the same request without the fault');
  expect(findingsOf([twin, refusal('b', 'accepted: b')])).toMatchObject([{ check: 'b' }]);
});
