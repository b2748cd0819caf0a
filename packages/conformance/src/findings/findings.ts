import type { Contract } from '@koodrive-backup/spec/contract';
import type { Check, Objection, Observer } from '../check.ts';
import { createMask, credentialsIn } from '../http/secrets.ts';
import type { Exchange } from '../http/session.ts';
import type { Kind } from '../requests/kinds.ts';
import type { Setup } from './at-fault.ts';
import { isRefusal, type Linked, linksOf } from './causes.ts';
import type { CurlWriter } from './curl.ts';
import { idsIn, type RepeatedIds } from './repeated-ids.ts';
import { type Result, shownViolations, type Violation } from './report.ts';

/** What checks have seen, by check and operation. */
export interface Findings {
  /** Returns the observer of one check. */
  observer(check: Check): Observer;
  /** Returns the results of all checks. `skipped` holds the checks that did not run, with the reasons. */
  results(skipped: ReadonlyMap<Check, string>): Result[];
  /** Returns the violated ones of some results, with the links that group them by cause. */
  linked(results: readonly Result[]): Linked[];
  /** Adds an observation that is not a violation. */
  note(text: string): void;
  readonly notes: ReadonlySet<string>;
}

/** Returns a violation after the run, because only then is it known who is at fault. */
type Told = () => Violation;

interface Seen {
  passed: number;
  /** How many violations a page of the vendor decides, and how many only the errata decide. */
  byPage: number;
  byReading: number;
  told: { byPage: Told[]; byReading: Told[] };
  reasons: Set<string>;
  /** The links that its violations share with others of the same cause. */
  links: Set<string>;
  /** The ids that the requests of its violations name, or their answers give. */
  ids: Set<string>;
  /** Whether all its violations are refusals of requests that must be accepted. */
  isRefusals: boolean;
}

/** The key for observations that belong to no operation. */
const none = '';

/** What findings need in order to describe violations. */
interface Telling {
  curl: CurlWriter;
  setup: Setup;
  kinds: readonly Kind[];
  repeatedIds: RepeatedIds;
  /** The secrets to remove from every text that a provider may have influenced. */
  secrets: readonly (string | undefined)[];
  /** Returns the check that sent a request. */
  sentFor: (exchange: Exchange) => string | undefined;
  /** Returns the errata that alone decide a place in the contract. */
  errataDeciding: (pointer: string) => string[];
  /** Whether violations that only the errata decide fail the run. */
  isStrict: boolean;
}

/** Creates the findings of a run. */
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
      ids: new Set(),
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
        const { exchange, before = [] } = objection;
        const exchanges = exchange ? [...before, exchange] : before;
        for (const named of exchanges.flatMap((one) => idsIn(one, telling.kinds))) found.ids.add(named);
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
          const { links = [`check ${result.check}`], ids = new Set<string>(), isRefusals = false } = found ?? {};
          const subject = check && 'steps' in check ? check.subject : undefined;
          // Whatever goes wrong with a thing whose id another thing has follows from that.
          const isRepeated = [...ids].some((id) => telling.repeatedIds.has(id));
          return { result, links: new Set([...links, ...(isRepeated ? ['repeated id'] : [])]), isRefusals, subject };
        }),
    results: (skipped) =>
      checks.flatMap((check) => {
        const empty = { ...namedBy(check), observations: 0, violated: 0, violations: [] };
        const reason = skipped.get(check);
        if (reason !== undefined) return [{ ...empty, outcome: 'skipped' as const, reason }];
        const found = resultsOf(check);
        return found.length > 0
          ? found
          : [{ ...empty, outcome: 'not observed' as const, reason: 'the check saw nothing that it could judge' }];
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
  // The form of an answer is always the provider's fault. Acceptance can depend on the user's credential or lock.
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
