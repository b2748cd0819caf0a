import type { CaseCheck, Check } from '../check.ts';
import type { Replayed, Report, Result } from './report.ts';

/** The outcomes that a replay sends again. A declared violation stays declared only if the replay declares it again. */
const failed: readonly Result['outcome'][] = ['violated', 'our reading', 'declared'];

/**
 * Reads a report, so that its failures can be sent again.
 *
 * @throws Error with a message for the user if the text is not a report of this version.
 */
export function parseReport(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const { version, level, refusal, seed, runs, results } = Object(value) as Record<string, unknown>;
  if (version !== 2 || !Array.isArray(results))
    throw new Error('it is not a JSON report of koodrive-conformance, version 2');
  const isWhole =
    ['contract', 'behaviour'].includes(`${level}`) &&
    ['status', 'envelope', 'either'].includes(`${refusal}`) &&
    Number.isSafeInteger(seed) &&
    Number.isSafeInteger(runs) &&
    results.every(isResult);
  if (!isWhole) throw new Error('it lacks what a replay needs: level, refusal, seed, runs, or the parts of a result');
  return value as Report;
}

function isResult(value: unknown): boolean {
  const { check, outcome, violations } = Object(value) as Record<string, unknown>;
  return typeof check === 'string' && typeof outcome === 'string' && Array.isArray(violations);
}

/**
 * Returns the failures of a report. Failures of its deviations are left out, because no request shows them.
 *
 * @throws Error with a message for the user if nothing failed, or the report names an unknown check or operation.
 */
export function failuresOf({ results }: Report, checks: readonly Check[], operations: readonly string[]): Result[] {
  const failures = results.filter(({ check, outcome }) => failed.includes(outcome) && check !== 'deviations');
  if (failures.length === 0) throw new Error('nothing has failed in the report, so there is nothing to send again');
  for (const { check, operation } of failures) {
    if (!checks.some(({ id }) => id === check))
      throw new Error(`the report names the check ${check}, which does not exist`);
    if (operation !== undefined && !operations.includes(operation)) {
      throw new Error(`the report names the operation ${operation}, which the contract does not have`);
    }
  }
  return failures;
}

/**
 * Returns the checks that send the failures of a report again: the checks that failed, and those whose requests showed
 * the failures, each for the operations that failed. The report's seed makes them send the same requests.
 */
export function checksAgain(failures: readonly Result[], checks: readonly Check[]): Check[] {
  const wanted = new Map<string, Set<string>>();
  for (const { check, operation = '', violations } of failures) {
    for (const id of [check, ...violations.flatMap(({ sentFor }) => sentFor ?? [])]) {
      wanted.set(id, (wanted.get(id) ?? new Set()).add(operation));
    }
  }
  return checks.flatMap((check): Check[] => {
    const operations = wanted.get(check.id);
    if (!operations) return [];
    // The steps of a scenario follow from each other, whichever operation failed.
    if (!('cases' in check)) return [check];
    const concerns: CaseCheck['concerns'] = (operation) =>
      operations.has(operation.id) && check.concerns?.(operation) !== false;
    return [{ ...check, concerns }];
  });
}

/** Returns the outcome of each failure after a replay. */
export function replayed(failures: readonly Result[], results: readonly Result[]): Replayed[] {
  return failures.map(({ check, operation, reason: before, violations }) => {
    const of = (id: string): Result | undefined =>
      results.find((one) => one.check === id && one.operation === operation);
    const now = of(check);
    const named = { check, ...(operation !== undefined && { operation }) };
    if (now?.outcome === 'violated' || now?.outcome === 'our reading') return { ...named, outcome: 'still fails' };
    if (now?.outcome === 'declared')
      return { ...named, outcome: 'declared', ...(now.reason && { reason: now.reason }) };
    // Right answers prove nothing if the request that got the wrong answer was not sent again.
    const shown = [now, ...violations.flatMap(({ sentFor }) => (sentFor === undefined ? [] : of(sentFor)))];
    const unseen = shown.find((one) => one && (one.outcome === 'not observed' || isNew(one.reason, before)));
    if (now?.outcome === 'passed' && !unseen) return { ...named, outcome: 'fixed' };
    const [whole] = results.filter((one) => one.check === check && one.outcome === 'not observed');
    return {
      ...named,
      outcome: 'not observed',
      reason: (unseen ?? now ?? whole)?.reason ?? 'the check saw nothing that it could judge',
    };
  });
}

/** Whether this run did not observe something that the earlier run observed. */
const isNew = (reason: string | undefined, before: string | undefined): boolean =>
  reason !== undefined && reason !== before;
