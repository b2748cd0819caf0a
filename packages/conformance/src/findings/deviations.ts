import type { Result, Violation } from './report.ts';

/** A violation that is known of a provider, and is put up with until a day. */
export interface Deviation {
  /** The check's id. */
  check: string;
  /** An operationId. Default: all. */
  operation?: string;
  /** Why it is put up with. */
  reason: string;
  /** The last day on which it is, as `2026-12-31`, in UTC. */
  expires: string;
}

/**
 * Reads a file of deviations: a JSON array.
 *
 * @throws Error with a message for the reader, where it is something else.
 */
export function parseDeviations(text: string): Deviation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the deviations are not JSON');
  }
  if (!Array.isArray(value)) throw new Error('the deviations must be a JSON array');
  return value.map((each, i) => parseDeviation(each, `deviation ${i + 1}`));
}

function parseDeviation(value: unknown, place: string): Deviation {
  const { check, operation, reason, expires, ...unknown } = Object(value) as Record<string, unknown>;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`${place} has ${name}, and may have check, operation, reason, expires`);
  if (typeof check !== 'string' || typeof reason !== 'string' || reason.trim() === '') {
    throw new Error(`${place} needs check and reason`);
  }
  if (typeof expires !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(expires) || Number.isNaN(Date.parse(expires))) {
    throw new Error(`${place} needs expires, a day such as 2026-12-31`);
  }
  if (operation !== undefined && typeof operation !== 'string') throw new Error(`${place}: operation must be text`);
  return { check, reason, expires, ...(operation !== undefined && { operation }) };
}

/**
 * Sees to it that deviations name what there is: one that does not would never come into force, nor be missed.
 *
 * @throws Error with a message for the reader, where a check or an operation does not exist.
 */
export function assertDeviationsKnown(
  deviations: readonly Deviation[],
  checks: readonly string[],
  operations: readonly string[],
): void {
  for (const [i, { check, operation }] of deviations.entries()) {
    const place = `deviation ${i + 1}`;
    if (!checks.includes(check)) throw new Error(`${place}: ${noSuchCheck(check, checks)}`);
    if (operation !== undefined && !operations.includes(operation)) {
      throw new Error(`${place}: there is no operation ${operation}, but ${operations.join(', ')}`);
    }
  }
}

/** What a reader is told who names a check that does not exist. */
export function noSuchCheck(check: string, checks: readonly string[]): string {
  return `there is no check ${check}${nearestTo(check, checks)}: koodrive-conformance --list prints them all`;
}

/** What a reader is told who names an operation that the contract does not have. */
export function noSuchOperation(operation: string, operations: readonly string[]): string {
  const hint = nearestTo(operation, operations);
  return `the contract has no operation ${operation}${hint}: it has ${operations.join(', ')}`;
}

/** The known name that is most like one that is not known, if one is. */
function nearestTo(name: string, names: readonly string[]): string {
  const shared = (other: string): number => [...pairsOf(other)].filter((pair) => pairsOf(name).has(pair)).length;
  const [nearest = ''] = names.toSorted((a, b) => shared(b) - shared(a));
  return shared(nearest) > name.length / 2 ? `, but ${nearest}` : '';
}

/** Each two letters of a word that follow one another. */
const pairsOf = (word: string): Set<string> => new Set([...word].slice(1).map((letter, i) => `${word[i]}${letter}`));

/**
 * Takes deviations into account: a violation that is declared is told, and does not count; a declaration that has
 * expired, or that nothing was found for, is a violation itself.
 *
 * @param now In milliseconds since the Unix epoch.
 */
export function applyDeviations(results: readonly Result[], deviations: readonly Deviation[], now: number): Result[] {
  const isOver = ({ expires }: Deviation): boolean => now >= Date.parse(expires) + 86_400_000;
  const matches = (deviation: Deviation, { check, operation, outcome }: Result): boolean =>
    (outcome === 'violated' || outcome === 'our reading') &&
    deviation.check === check &&
    (deviation.operation === undefined || deviation.operation === operation);
  const declared = results.map((result) => {
    const deviation = deviations.find((each) => !isOver(each) && matches(each, result));
    return deviation ? { ...result, outcome: 'declared' as const, reason: deviation.reason } : result;
  });
  const wrong = deviations.flatMap((deviation) => {
    if (isOver(deviation)) return [wrongDeviation(deviation, `it expired on ${deviation.expires}`)];
    if (results.some((result) => matches(deviation, result))) return [];
    const ofCheck = results.filter(({ check }) => check === deviation.check);
    const { operation } = deviation;
    const seen = ofCheck.filter((result) => operation === undefined || result.operation === operation);
    const judged = ofCheck.filter(({ outcome }) => outcome !== 'not observed' && outcome !== 'skipped');
    // What was not looked for, or not seen, cannot show that a declaration is not needed.
    if (judged.length === 0 || seen.some(({ outcome }) => outcome === 'not observed')) return [];
    if (seen.length > 0) return [wrongDeviation(deviation, 'nothing was found that it declares')];
    return [wrongDeviation(deviation, `the check judged ${judged.map((result) => result.operation).join(', ')} only`)];
  });
  return [...declared, ...wrong];
}

function wrongDeviation({ check, operation, reason }: Deviation, why: string): Result {
  const violation: Violation = {
    pointer: 'the file of deviations',
    expected: `a deviation that is needed still: ${check}${operation === undefined ? '' : ` of ${operation}`}, ${reason}`,
    got: why,
    atFault: 'setup',
  };
  return {
    check: 'deviations',
    title: 'Each declared deviation is needed, and has not expired',
    level: 'contract',
    ...(operation !== undefined && { operation }),
    outcome: 'violated',
    observations: 0,
    violated: 1,
    violations: [violation],
  };
}
