import type { Check, Finding, Observer } from './check.ts';
import type { Contract } from './contract.ts';
import { curlOf } from './curl.ts';
import { type Result, shownViolations, type Violation } from './report.ts';

/** What checks have seen, kept by check and operation. */
export interface Findings {
  /** Where one check says what it saw. */
  observer(check: Check): Observer;
  results(skipped: ReadonlyMap<Check, string>): Result[];
  readonly notes: ReadonlySet<string>;
}

interface Seen {
  passed: number;
  violated: number;
  violations: Violation[];
  reasons: Set<string>;
}

/** No operation: what a check has seen of none. */
const none = '';

export function createFindings(contract: Contract, checks: readonly Check[], baseUrl: URL): Findings {
  const seen = new Map(checks.map((check) => [check, new Map<string, Seen>()]));
  const notes = new Set<string>();

  function of(check: Check, operation: string): Seen {
    const byOperation = seen.get(check);
    const found = byOperation?.get(operation);
    if (found) return found;
    const made = { passed: 0, violated: 0, violations: [], reasons: new Set<string>() };
    byOperation?.set(operation, made);
    return made;
  }

  function resultsOf(check: Check): Result[] {
    const { id, title, level } = check;
    const order = [...contract.operations.map((operation) => operation.id), none];
    return order.flatMap((operation): Result[] => {
      const found = seen.get(check)?.get(operation);
      if (!found) return [];
      const { passed, violated, violations, reasons } = found;
      const outcome = violated > 0 ? 'violated' : passed > 0 ? 'passed' : 'not observed';
      const reason = [...reasons].join('; ');
      return [
        {
          check: id,
          title,
          level,
          ...(operation !== none && { operation }),
          outcome,
          ...(reason !== '' && { reason }),
          observations: passed,
          violated,
          violations,
        },
      ];
    });
  }

  return {
    notes,
    observer: (check) => ({
      passed: ({ id }) => {
        of(check, id).passed += 1;
      },
      violated: ({ id }, finding) => {
        const found = of(check, id);
        found.violated += 1;
        if (found.violations.length < shownViolations) found.violations.push(violationOf(finding, baseUrl));
      },
      notObserved: (operation, reason) => {
        of(check, operation?.id ?? none).reasons.add(reason);
      },
      note: (text) => {
        notes.add(text);
      },
    }),
    results: (skipped) =>
      checks.flatMap((check) => {
        const { id, title, level } = check;
        const empty = { check: id, title, level, observations: 0, violated: 0, violations: [] };
        const reason = skipped.get(check);
        if (reason !== undefined) return [{ ...empty, outcome: 'skipped' as const, reason }];
        const found = resultsOf(check);
        return found.length > 0
          ? found
          : [{ ...empty, outcome: 'not observed' as const, reason: 'nothing to judge by was seen' }];
      }),
  };
}

function violationOf({ pointer, expected, got, fault, exchange }: Finding, baseUrl: URL): Violation {
  return {
    pointer,
    expected,
    got,
    ...(fault !== undefined && { fault }),
    ...(exchange && { curl: curlOf(exchange, baseUrl) }),
  };
}
