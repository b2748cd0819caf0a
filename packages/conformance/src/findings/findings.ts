import type { Contract } from '@koodrive-backup/spec/contract';
import type { Check, Objection, Observer } from '../check.ts';
import { createMask, credentialsIn } from '../http/secrets.ts';
import type { Exchange } from '../http/session.ts';
import type { Setup } from './at-fault.ts';
import { isRefusal, type Linked, linksOf } from './causes.ts';
import type { CurlWriter } from './curl.ts';
import { type Result, shownViolations, type Violation } from './report.ts';

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

/** Made when all is over: who is at fault is known only then. */
type Told = () => Violation;

interface Seen {
  passed: number;
  /** How often it was violated by what a page of the vendor decides, and by our reading alone. */
  byPage: number;
  byReading: number;
  told: { byPage: Told[]; byReading: Told[] };
  reasons: Set<string>;
  /** What its violations have in common with others of the same cause. */
  links: Set<string>;
  /** Whether all of them are refusals of what has to be accepted. */
  isRefusals: boolean;
}

/** No operation: what a check has seen of none. */
const none = '';

/** What findings are told with. */
interface Telling {
  curl: CurlWriter;
  setup: Setup;
  /** What is taken out of all that a provider may have had a hand in. */
  secrets: readonly (string | undefined)[];
  /** The check that an exchange belongs to. */
  sentFor: (exchange: Exchange) => string | undefined;
  /** The errata that decide a place alone. */
  errataDeciding: (pointer: string) => string[];
  /** Whether our reading alone makes a violation. */
  isStrict: boolean;
}

export function createFindings(contract: Contract, checks: readonly Check[], telling: Telling): Findings {
  const mask = createMask(telling.secrets);
  const seen = new Map(checks.map((check) => [check, new Map<string, Seen>()]));
  const notes = new Set<string>();

  function of(check: Check, operation: string): Seen {
    const byOperation = seen.get(check);
    const found = byOperation?.get(operation);
    if (found) return found;
    const told = { byPage: [], byReading: [] };
    const made: Seen = {
      passed: 0,
      byPage: 0,
      byReading: 0,
      told,
      reasons: new Set(),
      links: new Set(),
      isRefusals: true,
    };
    byOperation?.set(operation, made);
    return made;
  }

  function outcomeOf({ passed, byPage, byReading }: Seen): Result['outcome'] {
    if (byPage > 0) return 'violated';
    if (byReading > 0) return telling.isStrict ? 'violated' : 'our reading';
    return passed > 0 ? 'passed' : 'not observed';
  }

  function resultsOf(check: Check): Result[] {
    const order = [...contract.operations.map((operation) => operation.id), none];
    return order.flatMap((operation): Result[] => {
      const found = seen.get(check)?.get(operation);
      if (!found) return [];
      const { passed, byPage, byReading, told, reasons } = found;
      const reason = [...reasons].join('; ');
      return [
        {
          ...namedBy(check),
          ...(operation !== none && { operation }),
          outcome: outcomeOf(found),
          ...(reason !== '' && { reason }),
          observations: passed,
          violated: byPage + byReading,
          violations: [...told.byPage, ...told.byReading].slice(0, shownViolations).map((violation) => violation()),
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
        const errata = telling.errataDeciding(objection.pointer);
        const kind = errata.length > 0 ? 'byReading' : 'byPage';
        found[kind] += 1;
        found.isRefusals &&= isRefusal(objection);
        for (const link of linksOf(check, id, objection)) found.links.add(link);
        if (found.told[kind].length < shownViolations) {
          found.told[kind].push(violationOf(objection, check, errata, telling));
        }
      },
      notObserved: (operation, reason) => {
        of(check, operation?.id ?? none).reasons.add(mask.text(reason));
      },
    }),
    linked: (results) =>
      results
        .filter(({ outcome }) => outcome === 'violated' || outcome === 'our reading')
        .map((result) => {
          const check = checks.find(({ id }) => id === result.check);
          const found = check && seen.get(check)?.get(result.operation ?? none);
          const { links = new Set([`check ${result.check}`]), isRefusals = false } = found ?? {};
          return { result, links, isRefusals };
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

function violationOf(objection: Objection, check: Check, errata: string[], telling: Telling): Told {
  const { pointer, expected, got, fault, exchange, before = [], atFault = 'provider' } = objection;
  const mask = createMask([...telling.secrets, ...(exchange ? credentialsIn(exchange.request) : [])]);
  const told = {
    pointer,
    ...(errata.length > 0 && { errata }),
    expected: mask.text(expected),
    got: mask.text(got),
    ...(fault !== undefined && { fault: mask.text(fault) }),
  };
  if (!exchange) return () => ({ ...told, atFault });
  const sentFor = telling.sentFor(exchange);
  const curl = before.length === 0 ? telling.curl.lineOf(exchange) : undefined;
  const again = {
    request: exchange.number,
    ...(sentFor !== undefined && { sentFor }),
    ...(before.length > 0 && { steps: [...before, exchange].map((step) => mask.text(stepOf(step))) }),
    ...(curl !== undefined && { curl }),
  };
  if (exchange.failure?.isEnvironment) return () => ({ ...told, atFault: 'setup', ...again });
  // An answer is the provider's own, whatever it was given; whether it accepts a request is not.
  const isRefused = !('look' in check) && fault === undefined && isOrderlyRefusal(exchange);
  const doubt = isRefused ? telling.setup.doubt(exchange) : () => undefined;
  return () => {
    const hint = doubt();
    return { ...told, ...again, ...(hint === undefined ? { atFault } : { atFault: 'setup', hint }) };
  };
}

const stepOf = ({ request: { method, target }, judgement }: Exchange): string =>
  `${method} ${target}: ${judgement.isTaken ? 'accepted' : judgement.got}`;

function isOrderlyRefusal({ answer, judgement }: Exchange): boolean {
  return answer !== undefined && answer.status < 500 && !judgement.isTaken;
}
