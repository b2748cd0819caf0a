import type { Contract } from '@koodrive-backup/spec/contract';
import type { Check, Objection, Observer } from '../check.ts';
import { createMask, credentialsIn } from '../http/secrets.ts';
import type { Exchange } from '../http/session.ts';
import type { Setup } from './at-fault.ts';
import { type Linked, linksOf } from './causes.ts';
import { type Result, shownViolations, type Violation } from './report.ts';
import type { Reproducer } from './reproducer.ts';

/** What checks have seen, kept by check and operation. */
export interface Findings {
  /** Where one check says what it saw. */
  observer(check: Check): Observer;
  results(skipped: ReadonlyMap<Check, string>): Result[];
  /** What the violated of some results have in common. */
  linked(results: readonly Result[]): Linked[];
  /** Keeps what is told, and is no violation. */
  note(text: string): void;
  readonly notes: ReadonlySet<string>;
}

interface Seen {
  passed: number;
  violated: number;
  /** Made when all is over: who is at fault is known only then. */
  violations: (() => Violation)[];
  reasons: Set<string>;
  /** What its violations have in common with others of the same cause. */
  links: Set<string>;
}

/** No operation: what a check has seen of none. */
const none = '';

/** What findings are told with. */
interface Telling {
  reproducer: Reproducer;
  setup: Setup;
  /** What is taken out of all that a provider may have had a hand in. */
  secrets: readonly (string | undefined)[];
}

export function createFindings(contract: Contract, checks: readonly Check[], telling: Telling): Findings {
  const mask = createMask(telling.secrets);
  const seen = new Map(checks.map((check) => [check, new Map<string, Seen>()]));
  const notes = new Set<string>();

  function of(check: Check, operation: string): Seen {
    const byOperation = seen.get(check);
    const found = byOperation?.get(operation);
    if (found) return found;
    const made: Seen = { passed: 0, violated: 0, violations: [], reasons: new Set(), links: new Set() };
    byOperation?.set(operation, made);
    return made;
  }

  function resultsOf(check: Check): Result[] {
    const order = [...contract.operations.map((operation) => operation.id), none];
    return order.flatMap((operation): Result[] => {
      const found = seen.get(check)?.get(operation);
      if (!found) return [];
      const { passed, violated, violations, reasons } = found;
      const outcome = violated > 0 ? 'violated' : passed > 0 ? 'passed' : 'not observed';
      const reason = [...reasons].join('; ');
      return [
        {
          ...namedBy(check),
          ...(operation !== none && { operation }),
          outcome,
          ...(reason !== '' && { reason }),
          observations: passed,
          violated,
          violations: violations.map((violation) => violation()),
        },
      ];
    });
  }

  return {
    notes,
    note: (text) => {
      notes.add(mask.text(text));
    },
    observer: (check) => ({
      passed: ({ id }) => {
        of(check, id).passed += 1;
      },
      violated: ({ id }, objection) => {
        const found = of(check, id);
        found.violated += 1;
        for (const link of linksOf(check, id, objection)) found.links.add(link);
        if (found.violations.length < shownViolations) found.violations.push(violationOf(objection, check, telling));
      },
      notObserved: (operation, reason) => {
        of(check, operation?.id ?? none).reasons.add(mask.text(reason));
      },
    }),
    linked: (results) =>
      results
        .filter(({ outcome }) => outcome === 'violated')
        .map((result) => {
          const check = checks.find(({ id }) => id === result.check);
          const links = check && seen.get(check)?.get(result.operation ?? none)?.links;
          return { result, links: links ?? new Set([`check ${result.check}`]) };
        }),
    results: (skipped) =>
      checks.flatMap((check) => {
        const empty = { ...namedBy(check), observations: 0, violated: 0, violations: [] };
        const reason = skipped.get(check);
        if (reason !== undefined) return [{ ...empty, outcome: 'skipped' as const, reason }];
        const found = resultsOf(check);
        return found.length > 0
          ? found
          : [{ ...empty, outcome: 'not observed' as const, reason: 'nothing to judge by was seen' }];
      }),
  };
}

function namedBy({ id, title, level }: Check): Pick<Result, 'check' | 'title' | 'level'> {
  return { check: id, title, level };
}

function violationOf(objection: Objection, check: Check, { reproducer, setup, secrets }: Telling): () => Violation {
  const { pointer, expected, got, fault, exchange, before = [], atFault = 'provider' } = objection;
  const mask = createMask([...secrets, ...(exchange ? credentialsIn(exchange.request) : [])]);
  const told = {
    pointer,
    expected: mask.text(expected),
    got: mask.text(got),
    ...(fault !== undefined && { fault: mask.text(fault) }),
  };
  if (!exchange) return () => ({ ...told, atFault });
  const again = { request: exchange.number, ...reproducer.reproduce(exchange, check.id, before) };
  if (exchange.failure?.isEnvironment) return () => ({ ...told, atFault: 'setup', ...again });
  // An answer is the provider's own, whatever it was given; whether it accepts a request is not.
  const isRefused = !('look' in check) && fault === undefined && isOrderlyRefusal(exchange);
  const doubt = isRefused ? setup.doubt(exchange) : () => undefined;
  return () => {
    const hint = doubt();
    return { ...told, ...again, ...(hint === undefined ? { atFault } : { atFault: 'setup', hint }) };
  };
}

function isOrderlyRefusal({ answer, judgement }: Exchange): boolean {
  return answer !== undefined && answer.status < 500 && !judgement.isTaken;
}
