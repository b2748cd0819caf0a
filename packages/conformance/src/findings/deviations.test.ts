import { describe, expect, it } from 'vitest';
import { applyDeviations, assertDeviationsKnown, type Deviation, parseDeviations } from './deviations.ts';
import type { Result } from './report.ts';

const day = Date.parse('2026-11-23T12:00:00Z');
const known: Deviation = { check: 'ids', operation: 'bindDevice', reason: 'TICKET-1', expires: '2026-11-23' };

const result = (check: string, operation: string, outcome: Result['outcome']): Result => {
  const violations =
    outcome === 'violated' ? [{ pointer: '/', expected: 'this', got: 'that', atFault: 'provider' as const }] : [];
  return {
    check,
    operation,
    outcome,
    title: check,
    level: 'contract',
    observations: 1,
    violated: violations.length,
    violations,
  };
};

/** Returns the results after these deviations were applied. */
function applied(
  results: readonly Result[],
  deviations: readonly Deviation[],
  now: number,
): { honoured: boolean; results: Result[] } {
  const declared = applyDeviations(results, deviations, now);
  return { honoured: declared.every(({ outcome }) => outcome !== 'violated'), results: declared };
}

describe('deviations', () => {
  it('are reported, and do not fail the run, even on their last day', () => {
    const report = applied([result('ids', 'bindDevice', 'violated')], [known], day);
    expect(report.honoured).toBe(true);
    expect(report.results).toMatchObject([{ outcome: 'declared', reason: 'TICKET-1', violated: 1 }]);
  });

  it.each([
    ['of another operation', { ...known, operation: 'unbindDevice' }],
    ['of another check', { ...known, check: 'times' }],
    ['that has expired', { ...known, expires: '2026-11-22' }],
  ])('do not change a violation if the only deviation is one %s', (_what, deviation) => {
    const report = applied([result('ids', 'bindDevice', 'violated')], [deviation], day);
    expect(report.honoured).toBe(false);
    expect(report.results[0]?.outcome).toBe('violated');
  });

  it('fail the run if the declared violation was not found', () => {
    const report = applied([result('ids', 'bindDevice', 'passed')], [known], day);
    expect(report.honoured).toBe(false);
    expect(report.results.at(-1)).toMatchObject({
      check: 'deviations',
      violations: [{ got: 'the declared violation was not found' }],
    });
  });

  it('fail the run if the check judged only other operations, and say which', () => {
    const report = applied([result('ids', 'createBackupRecord', 'passed')], [known], day);
    expect(report.honoured).toBe(false);
    expect(report.results.at(-1)?.violations).toMatchObject([{ got: 'the check judged createBackupRecord only' }]);
  });

  it.each(['skipped', 'not observed'] as const)('do not fail the run if the check was %s', (outcome) => {
    const report = [result('ids', 'bindDevice', outcome), result('ids', 'createBackupRecord', outcome)];
    expect(applied(report, [known], day).honoured).toBe(true);
    const other = [result('ids', 'bindDevice', 'not observed'), result('ids', 'createBackupRecord', 'passed')];
    expect(applied(other, [known], day).honoured).toBe(true);
  });

  it.each([
    ['check', { ...known, check: 'utc' }, 'deviation 2: there is no check utc: koodrive-conformance --list'],
    [
      'operation',
      { ...known, operation: 'bind' },
      'deviation 2: the contract has no operation bind (did you mean bindDevice?): it has bindDevice, unbindDevice',
    ],
  ])('are refused if they name a %s that does not exist', (_what, wrong, message) => {
    const operations = ['bindDevice', 'unbindDevice'];
    expect(() => assertDeviationsKnown([known, wrong], ['ids'], operations)).toThrow(message);
    expect(() => assertDeviationsKnown([known], ['ids'], operations)).not.toThrow();
  });

  it('apply to all operations if they name none', () => {
    const { operation: _, ...all } = known;
    const found = [result('ids', 'bindDevice', 'violated'), result('ids', 'createBackupRecord', 'violated')];
    expect(applied(found, [all], day).honoured).toBe(true);
  });

  it('are read from JSON', () => {
    expect(parseDeviations(JSON.stringify([known]))).toEqual([known]);
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['no array', '{}', 'array'],
    ['no reason', JSON.stringify([{ ...known, reason: ' ' }]), 'deviation 1 needs check and reason, both texts'],
    ['no such day', JSON.stringify([known, { ...known, expires: '2026-13-01' }]), 'deviation 2 needs expires'],
    ['a word that is not known', JSON.stringify([{ ...known, until: 'x' }]), 'deviation 1 has until'],
  ])('are refused with %s', (_what, text, message) => {
    expect(() => parseDeviations(text)).toThrow(message);
  });
});
